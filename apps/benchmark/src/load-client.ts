import type {
  ClientExchange,
  CoapMessage,
  CoapPeer,
  CoapRequest,
  FailureReason,
} from "@dtls-cluster/coap";
import type { ClientContext } from "./client-context.ts";
import type { Link, LinkOwner } from "./link.ts";
import type { RequestPayload } from "./request-payload.ts";
import { createTask } from "./scheduler.ts";
import type { ClientSocket, SocketReceiver } from "./surroundings.ts";
import type { TransmissionErrorKind } from "./tally.ts";

const FAILURE_KINDS: Readonly<Record<FailureReason, TransmissionErrorKind>> = {
  timeout: "no-answer",
  reset: "reset",
  rejected: "rejected",
  closed: "connection-closed",
  "body-too-large": "rejected",
  "body-inconsistent": "rejected",
  refused: "rejected",
};

/** One device: a socket, a link through it, and one request at a time (NSTART 1). */
export class LoadClient implements LinkOwner, SocketReceiver {
  readonly #context: ClientContext;
  readonly #home: number;
  readonly #link: Link;
  readonly #payload: RequestPayload;
  readonly #request: CoapRequest;
  readonly #patience = createTask((now) => {
    this.#link.close(now);
    this.linkDown("handshake-timeout", now);
  });
  readonly #turn = createTask((now) => this.#takeTurn(now));
  #socket: ClientSocket | undefined;
  #peer: CoapPeer<LoadClient> | undefined;
  #isUp = false;
  #isConnecting = false;
  #hasTried = false;
  #connectStartedAt = 0;
  #requestStartedAt = 0;
  #requestNumber = 0;
  #failuresInRow = 0;
  #untilRebind: number;
  #nextTarget: number;

  /**
   * @param home index of the target that the client makes its handshake with.
   * @param makeLink makes the link that calls back to this client.
   */
  constructor(
    context: ClientContext,
    home: number,
    payload: RequestPayload,
    request: CoapRequest,
    makeLink: (owner: LinkOwner) => Link,
  ) {
    this.#context = context;
    this.#home = home;
    this.#nextTarget = home;
    this.#payload = payload;
    this.#request = request;
    this.#untilRebind = context.settings.rebindEvery ?? Number.POSITIVE_INFINITY;
    this.#link = makeLink(this);
  }

  /** True when the client can send requests. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get hasServerConnectionId(): boolean {
    return this.#link.hasServerConnectionId;
  }

  /** Begins with the work at `at`: requests, or another attempt to connect. */
  startAt(at: number): void {
    this.#context.scheduler.set(this.#turn, at);
  }

  /** Ends everything; requests in flight are forgotten without being counted. */
  close(now: number): void {
    this.#context.scheduler.cancel(this.#turn);
    this.#context.scheduler.cancel(this.#patience);
    this.#link.close(now);
    this.#isUp = false;
    this.#socket?.close();
    this.#socket = undefined;
  }

  // From the handshake pacer.

  beginHandshake(now: number): void {
    this.#isConnecting = true;
    if (this.#socket !== undefined) {
      this.#connect(now);
      return;
    }
    this.#openSocket().then(
      (socket) => {
        if (this.#context.isOver()) {
          socket.close();
          return;
        }
        this.#socket = socket;
        this.#connect(this.#context.surroundings.now());
      },
      (error: unknown) => {
        const code = codeOf(error);
        this.#context.networkProblem(code);
        this.linkDown(code, this.#context.surroundings.now());
      },
    );
  }

  #connect(now: number): void {
    this.#connectStartedAt = now;
    const { scheduler, settings } = this.#context;
    scheduler.set(this.#patience, now + settings.handshakeTimeoutMs);
    this.#link.connect(now);
    this.#watchHandshake();
  }

  // From the link.

  transmit(datagram: Uint8Array, onlyHome: boolean): void {
    let target = this.#home;
    if (this.#context.settings.spread && !onlyHome) {
      target = this.#nextTarget;
      this.#nextTarget = target + 1 === this.#context.targets.length ? 0 : target + 1;
    }
    this.#socket?.send(datagram, target);
  }

  message(message: Uint8Array, now: number): void {
    if (this.#peer !== undefined) this.#context.coap.receive(this.#peer, message, now);
  }

  linkUp(now: number): void {
    this.#isUp = true;
    this.#isConnecting = false;
    this.#context.scheduler.cancel(this.#patience);
    this.#peer = this.#context.coap.openPeer(this);
    if (this.#link.hasHandshake) this.#context.handshakes.complete(now - this.#connectStartedAt);
    this.#context.pacer.done(this, now);
    this.#afterAttempt(now, now);
  }

  linkDown(reason: string, now: number): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#context.scheduler.cancel(this.#patience);
    this.#closePeer(now);
    if (this.#context.isOver()) return;
    if (this.#isConnecting) {
      this.#isConnecting = false;
      if (this.#link.hasHandshake) this.#context.handshakes.fail(reason);
      this.#context.pacer.done(this, now);
      this.#afterAttempt(now + this.#context.settings.errorPauseMs, now);
    } else if (wasUp) {
      this.startAt(now + this.#context.settings.errorPauseMs);
    }
  }

  /** The load phase begins for all clients together; after that each goes on by itself. */
  #afterAttempt(nextTurnAt: number, now: number): void {
    if (this.#hasTried) {
      this.startAt(nextTurnAt);
      return;
    }
    this.#hasTried = true;
    this.#context.firstAttemptOver(this, now);
  }

  // From the socket.

  datagram(datagram: Uint8Array): void {
    const now = this.#context.surroundings.now();
    this.#link.receive(datagram, now);
    if (!this.#isUp) this.#watchHandshake();
    this.#context.scheduler.datagramRead(now, this);
  }

  problem(code: string): void {
    this.#context.networkProblem(code);
  }

  // From the CoAP endpoint.

  sendMessage(message: Uint8Array): void {
    this.#link.send(message, this.#context.surroundings.now());
  }

  answered(exchange: ClientExchange<LoadClient>, response: CoapMessage, now: number): void {
    const { tally, answers, settings } = this.#context;
    tally.response(now - exchange.startedAt, now);
    const wrong = answers.check(response);
    if (wrong !== undefined) tally.answerError(wrong);
    this.#failuresInRow = 0;
    this.#context.settled(now);
    this.#untilRebind -= 1;
    if (this.#untilRebind <= 0) {
      this.#rebind();
      return;
    }
    const pause = wrong === undefined ? settings.intervalMs : settings.errorPauseMs;
    if (pause === undefined) this.#sendRequest(now);
    else this.startAt(Math.max(now, this.#requestStartedAt + pause));
  }

  failed(reason: FailureReason, now: number): void {
    this.#context.tally.transmissionError(FAILURE_KINDS[reason], now);
    this.#failuresInRow += 1;
    this.#context.settled(now);
    this.startAt(now + this.#context.settings.errorPauseMs);
  }

  // The work.

  #takeTurn(now: number): void {
    if (this.#isConnecting) return;
    if (this.#isUp && this.#failuresInRow >= this.#context.settings.failuresToReconnect) {
      this.#isUp = false;
      this.#link.close(now);
      this.#closePeer(now);
    }
    if (this.#isUp) {
      this.#sendRequest(now);
      return;
    }
    this.#failuresInRow = 0;
    this.#context.pacer.apply(this, now);
  }

  #sendRequest(now: number): void {
    const peer = this.#peer;
    if (peer === undefined || !this.#context.takeRequest(this.#requestNumber)) return;
    this.#requestStartedAt = now;
    this.#payload.number(this.#requestNumber + 1);
    const exchange = this.#context.coap.request(peer, this.#request, now);
    if (exchange === undefined) {
      this.#context.returnRequest();
      const at = this.#context.coap.requestableAt(peer, now);
      this.startAt(Number.isFinite(at) ? Math.max(at, now + 1) : now + 1000);
      return;
    }
    this.#requestNumber += 1;
    this.#context.tally.request(now);
    this.#context.scheduler.touched(this.#context.coap);
  }

  /** Leaves the old source port as a device does whose NAT binding ended. */
  #rebind(): void {
    this.#untilRebind = this.#context.settings.rebindEvery ?? Number.POSITIVE_INFINITY;
    this.#openSocket().then(
      (socket) => {
        if (this.#context.isOver()) {
          socket.close();
          return;
        }
        // The old port is given up only now: the new one must be another one.
        this.#socket?.close();
        this.#socket = socket;
        const now = this.#context.surroundings.now();
        this.startAt(
          Math.max(now, this.#requestStartedAt + (this.#context.settings.intervalMs ?? 0)),
        );
      },
      (error: unknown) => {
        this.#context.networkProblem(codeOf(error));
        const { surroundings, settings } = this.#context;
        this.startAt(surroundings.now() + settings.errorPauseMs);
      },
    );
  }

  #openSocket(): Promise<ClientSocket> {
    const { surroundings, targets, settings } = this.#context;
    return surroundings.openSocket(targets, settings.spread ? undefined : this.#home, this);
  }

  #closePeer(now: number): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) this.#context.coap.closePeer(peer, now);
  }

  #watchHandshake(): void {
    const { dtls, scheduler } = this.#context;
    if (dtls !== undefined) scheduler.touched(dtls);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
}
