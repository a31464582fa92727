import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A datagram that reached the proxy, with the client's own port. */
export interface ProxiedDatagram {
  readonly isLost: boolean;
  readonly toServer: boolean;
  readonly clientPort: number;
  readonly bytes: Uint8Array;
  /** Microseconds since 1970. */
  readonly timeMicros: number;
}

export interface UdpProxyOptions {
  readonly serverPort: number;
  /** Decides about each datagram; `index` counts those of its direction from 0. Default: all pass. */
  readonly passes?: (datagram: Uint8Array, toServer: boolean, index: number) => boolean;
}

const HOST = "127.0.0.1";

/** Carries datagrams between clients and one server on loopback, loses those it is told to, keeps the others. */
export class UdpProxy {
  /** All datagrams in the order of arrival, the lost ones as well. */
  readonly seen: ProxiedDatagram[] = [];
  readonly #options: UdpProxyOptions;
  readonly #front: Socket;
  readonly #backs = new Map<number, Socket>();
  #serverPort: number;
  readonly #count = { toServer: 0, toClient: 0 };

  private constructor(options: UdpProxyOptions, front: Socket) {
    this.#options = options;
    this.#front = front;
    this.#serverPort = options.serverPort;
    front.on("message", (datagram, { port }) => this.#fromClient(datagram, port));
    ignoreErrors(front);
  }

  static async open(options: UdpProxyOptions): Promise<UdpProxy> {
    const front = createSocket("udp4");
    front.bind(0, HOST);
    await once(front, "listening");
    return new UdpProxy(options, front);
  }

  /** Sends to another server from now on, from the same ports. */
  moveServer(port: number): void {
    this.#serverPort = port;
  }

  get port(): number {
    return this.#front.address().port;
  }

  get lost(): number {
    return this.seen.filter(({ isLost }) => isLost).length;
  }

  async stop(): Promise<void> {
    const sockets = [this.#front, ...this.#backs.values()];
    await Promise.all(
      sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
    );
  }

  #fromClient(datagram: Uint8Array, clientPort: number): void {
    let back = this.#backs.get(clientPort);
    if (back === undefined) {
      back = createSocket("udp4");
      ignoreErrors(back);
      back.on("message", (answer) => {
        if (this.#pass(answer, false, clientPort)) this.#front.send(answer, clientPort, HOST);
      });
      this.#backs.set(clientPort, back);
    }
    if (this.#pass(datagram, true, clientPort)) {
      back.send(datagram, this.#serverPort, HOST);
    }
  }

  #pass(datagram: Uint8Array, toServer: boolean, clientPort: number): boolean {
    const direction = toServer ? "toServer" : "toClient";
    const index = this.#count[direction];
    this.#count[direction] += 1;
    const isLost = this.#options.passes?.(datagram, toServer, index) === false;
    const timeMicros = Math.round((performance.timeOrigin + performance.now()) * 1000);
    this.seen.push({ isLost, toServer, clientPort, bytes: Uint8Array.from(datagram), timeMicros });
    return !isLost;
  }
}

/** A peer's port that was closed meanwhile is reported by the kernel as an error of the socket. */
function ignoreErrors(socket: Socket): void {
  socket.on("error", () => {});
}
