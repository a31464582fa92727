import type { SocketAddress } from "@dtls-cluster/dtls";

/**
 * What the local endpoint may take. `open`: everything. `hold`: nothing, datagrams wait. `handshakes`: only
 * what belongs to handshakes in progress, while the connections are moved out. `late`: everything but
 * the start of new handshakes. `closed`: nothing.
 */
export type GateMode = "open" | "hold" | "handshakes" | "late" | "closed";

/** Takes a datagram for the endpoint; false when it belongs to nothing there. */
export type Deliver = (
  datagram: Uint8Array,
  address: string,
  port: number,
  via: SocketAddress | undefined,
  now: number,
) => boolean;

/** Takes a datagram of a socket. */
type Receive = (datagram: Uint8Array, address: string, port: number, now: number) => void;

interface Waiting {
  readonly receive: Receive;
  readonly datagram: Uint8Array;
  readonly address: string;
  readonly port: number;
}

/** Datagrams that a freeze holds back; beyond it they are dropped, and clients send them again. */
const MAX_WAITING = 8192;

/** Handshake type ClientHello, the first byte behind a record header. */
const CLIENT_HELLO = 1;

/** Stands between sockets and endpoint, so that a handover can stop what the endpoint opens and seals. */
export class ServingGate {
  #mode: GateMode;
  readonly #deliver: Deliver;
  #waiting: Waiting[] = [];
  #held = 0;
  #dropped = 0;

  constructor(deliver: Deliver, mode: GateMode) {
    this.#deliver = deliver;
    this.#mode = mode;
  }

  get mode(): GateMode {
    return this.#mode;
  }

  set mode(mode: GateMode) {
    this.#mode = mode;
  }

  /** Whether anything may be sealed for established connections. */
  get maySeal(): boolean {
    return this.#mode === "open" || this.#mode === "late";
  }

  /** Datagrams that waited so far. */
  get held(): number {
    return this.#held;
  }

  /** Datagrams for which there was no place to wait. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Lets the datagrams of a socket wait while the gate holds them, also those for other nodes: a freeze is
   * over the sooner, the less is done in it.
   */
  guard(receive: Receive): Receive {
    return (datagram, address, port, now) => {
      if (this.#mode === "hold") this.#hold(receive, datagram, address, port);
      else receive(datagram, address, port, now);
    };
  }

  /** What waited goes on its way, as the forwarder and the mode now say. */
  release(now: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { receive, datagram, address, port } of waiting) {
      receive(datagram, address, port, now);
    }
  }

  readonly deliver: Deliver = (datagram, address, port, via, now) => {
    switch (this.#mode) {
      case "open":
        return this.#deliver(datagram, address, port, via, now);
      case "handshakes":
        return isFlight(datagram) && this.#deliver(datagram, address, port, via, now);
      case "late":
        return !isHello(datagram) && this.#deliver(datagram, address, port, via, now);
      case "hold":
      case "closed":
        return false;
    }
  };

  #hold(receive: Receive, datagram: Uint8Array, address: string, port: number): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#held += 1;
    // The socket reads the next one into the same memory; a Buffer's `slice` would be a view of it.
    this.#waiting.push({ receive, datagram: new Uint8Array(datagram), address, port });
  }
}

/** Begins with a record of epoch 0 that goes on with a handshake: no established connection takes it. */
function isFlight(datagram: Uint8Array): boolean {
  const type = datagram[0];
  const isEpochZero = datagram[3] === 0 && datagram[4] === 0;
  return (type === 20 || type === 22) && isEpochZero && !isHello(datagram);
}

function isHello(datagram: Uint8Array): boolean {
  return (
    datagram[0] === 22 && datagram[3] === 0 && datagram[4] === 0 && datagram[13] === CLIENT_HELLO
  );
}
