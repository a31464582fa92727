import { type CoapEndpoint, type CoapPeer, Code, createCoapEndpoint } from "@dtls-cluster/coap";
import type { ClientSocket, SocketReceiver, Surroundings } from "../src/surroundings.ts";

export interface WorldOptions {
  readonly latencyMs?: number;
  /** Decides about each datagram; `count` counts all datagrams from 1. */
  readonly loses?: (direction: "up" | "down", count: number) => boolean;
  /** Code and payload length of the answers. */
  readonly answer?: { readonly code: number; readonly length: number };
  /** Requests are acknowledged at once and answered after this time. */
  readonly separateAfterMs?: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that jumps, sockets without a network, and a CoAP server behind them. */
export class VirtualWorld implements Surroundings {
  /** How often each request payload was executed. */
  readonly executions = new Map<string, number>();
  openSockets = 0;
  socketsOpened = 0;
  /** Wake-ups that the run asked for and that have neither come nor been cancelled. */
  pendingWakeups = 0;
  #now = 1000;
  #order = 0;
  #datagrams = 0;
  #timers: Timer[] = [];
  readonly #options: WorldOptions;
  readonly #server: CoapEndpoint<(message: Uint8Array) => void>;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const { code, length } = options.answer ?? { code: Code.changed, length: 40 };
    this.#server = createCoapEndpoint<(message: Uint8Array) => void>(
      { entropy: { fill: (target) => target.fill(0x5a) } },
      {
        transmit: (peer, message) => peer.transport(message.slice()),
        request: (exchange, request, now) => {
          const text = request.text;
          this.executions.set(text, (this.executions.get(text) ?? 0) + 1);
          const respond = (at: number): void => {
            this.#server.respond(exchange, { code, payload: new Uint8Array(length) }, at);
          };
          if (options.separateAfterMs === undefined) respond(now);
          else {
            this.#server.accept(exchange, now);
            this.#after(options.separateAfterMs, () => respond(this.#now));
          }
        },
      },
    );
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  cpuMicros(): number {
    return 0;
  }

  wake(delayMs: number, callback: () => void): () => void {
    this.pendingWakeups += 1;
    const timer = this.#after(delayMs, () => {
      this.pendingWakeups -= 1;
      callback();
    });
    return () => {
      if (this.#timers.includes(timer)) this.pendingWakeups -= 1;
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  afterReading(callback: (readUntil: number) => void): void {
    const readUntil = this.#now;
    this.#after(0, () => callback(readUntil));
  }

  async openSocket(
    _targets: unknown,
    _only: number | undefined,
    receiver: SocketReceiver,
  ): Promise<ClientSocket> {
    this.openSockets += 1;
    this.socketsOpened += 1;
    let isOpen = true;
    const peer: CoapPeer<(message: Uint8Array) => void> = this.#server.openPeer((message) => {
      this.#carry("down", () => {
        if (isOpen) receiver.datagram(message);
      });
    });
    return {
      send: (datagram) => {
        this.#carry("up", () => this.#server.receive(peer, datagram, this.#now));
      },
      close: () => {
        isOpen = false;
        this.openSockets -= 1;
      },
    };
  }

  /** Lets time pass until `work` is over; fails when it takes longer than `limitMs`. */
  async drive<T>(work: Promise<T>, limitMs = 10_000_000): Promise<T> {
    let isOver = false;
    const watched = work.finally(() => {
      isOver = true;
    });
    const limit = this.#now + limitMs;
    for (;;) {
      for (let turn = 0; turn < 10 && !isOver; turn += 1) await Promise.resolve();
      if (isOver) return watched;
      const next = this.#takeNext();
      if (next === undefined) throw new Error("the run waits for nothing");
      if (next.at > limit) throw new Error("the run does not end");
      this.#now = Math.max(this.#now, next.at);
      this.#server.handleTimeout(this.#now);
      next.run();
    }
  }

  #carry(direction: "up" | "down", deliver: () => void): void {
    this.#datagrams += 1;
    if (this.#options.loses?.(direction, this.#datagrams) === true) return;
    this.#after(this.#options.latencyMs ?? 1, deliver);
  }

  #after(delayMs: number, run: () => void): Timer {
    this.#order += 1;
    const timer = { at: this.#now + delayMs, order: this.#order, run };
    this.#timers.push(timer);
    return timer;
  }

  #takeNext(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (
        best === undefined ||
        timer.at < best.at ||
        (timer.at === best.at && timer.order < best.order)
      ) {
        best = timer;
      }
    }
    this.#timers = this.#timers.filter((timer) => timer !== best);
    return best;
  }
}
