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

interface Waiting {
  readonly datagram: Uint8Array;
  readonly address: string;
  readonly port: number;
  readonly via: SocketAddress | undefined;
}

/** Datagrams that a freeze holds back; beyond it they are dropped, and clients send them again. */
const MAX_WAITING = 8192;

/** Handshake type ClientHello, the first byte behind a record header. */
const CLIENT_HELLO = 1;

/** Stands between sockets and endpoint, so that a handover can stop what the endpoint opens and seals. */
export class ServingGate {
  #mode: GateMode;
  readonly #deliver: Deliver;
  readonly #waiting: Waiting[] = [];
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

  readonly deliver: Deliver = (datagram, address, port, via, now) => {
    switch (this.#mode) {
      case "open":
        return this.#deliver(datagram, address, port, via, now);
      case "hold":
        this.#hold(datagram, address, port, via);
        return true;
      case "handshakes":
        return isFlight(datagram) && this.#deliver(datagram, address, port, via, now);
      case "late":
        return !isHello(datagram) && this.#deliver(datagram, address, port, via, now);
      case "closed":
        return false;
    }
  };

  /** Empties the queue into `take`. */
  drain(
    take: (
      datagram: Uint8Array,
      address: string,
      port: number,
      via: SocketAddress | undefined,
    ) => void,
  ): number {
    const waiting = this.#waiting.splice(0);
    for (const { datagram, address, port, via } of waiting) take(datagram, address, port, via);
    return waiting.length;
  }

  #hold(datagram: Uint8Array, address: string, port: number, via: SocketAddress | undefined): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#held += 1;
    this.#waiting.push({ datagram: new Uint8Array(datagram), address, port, via });
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
