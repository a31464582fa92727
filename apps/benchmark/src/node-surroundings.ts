import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import type { ClientSocket, SocketReceiver, Surroundings } from "./surroundings.ts";
import type { Target } from "./target.ts";

/** Enough for a few datagrams: each client has one request under way. The kernel doubles it. */
const RECEIVE_BUFFER_BYTES = 64 * 1024;

/** Real sockets, clock and timers. */
export const nodeSurroundings: Surroundings = {
  now: () => performance.now(),
  wake(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  afterReading(callback) {
    // Immediates run right after the event loop has read all sockets: the first one ends the reading
    // that may be half done now, the second one the next reading, which began after `readUntil`.
    setImmediate(() => {
      const readUntil = performance.now();
      setImmediate(() => callback(readUntil));
    });
  },
  openSocket,
  random: Math.random,
  cpuMicros() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

/** Targets have addresses, not names: the resolver's detour would cost time for each datagram. */
const passThrough: NonNullable<SocketOptions["lookup"]> = (address, options, callback) => {
  callback(null, address, options.family === 6 ? 6 : 4);
};

async function openSocket(
  targets: readonly Target[],
  only: number | undefined,
  receiver: SocketReceiver,
): Promise<ClientSocket> {
  const family = (targets[only ?? 0] as Target).family;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    lookup: passThrough,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
  });
  const destination = only === undefined ? undefined : targets[only];
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    // A connected socket sends cheaper, and takes datagrams of its peer alone.
    if (destination === undefined) socket.bind(0, resolve);
    else socket.connect(destination.port, destination.address, resolve);
  });
  socket.removeAllListeners("error");
  socket.on("error", (error) => receiver.problem(systemCode(error)));
  socket.on("message", (datagram) => receiver.datagram(datagram));
  return destination === undefined
    ? new SpreadSocket(socket, targets)
    : new ConnectedSocket(socket);
}

class ConnectedSocket implements ClientSocket {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(datagram: Uint8Array): void {
    try {
      this.#socket.send(datagram);
    } catch (error) {
      this.#socket.emit("error", error);
    }
  }

  close(): void {
    this.#socket.removeAllListeners("message");
    this.#socket.close();
  }
}

class SpreadSocket implements ClientSocket {
  readonly #socket: Socket;
  readonly #targets: readonly Target[];

  constructor(socket: Socket, targets: readonly Target[]) {
    this.#socket = socket;
    this.#targets = targets;
  }

  send(datagram: Uint8Array, target: number): void {
    const { port, address } = this.#targets[target] as Target;
    try {
      this.#socket.send(datagram, port, address);
    } catch (error) {
      this.#socket.emit("error", error);
    }
  }

  close(): void {
    this.#socket.removeAllListeners("message");
    this.#socket.close();
  }
}

function systemCode(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}
