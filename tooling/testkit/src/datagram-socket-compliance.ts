import type { DatagramReceiver, DatagramSocket, SocketAddress } from "@dtls-cluster/udp";
import { afterEach, describe, expect, test } from "vitest";

/** How the suite gets at an implementation. One is made for each test. */
export interface SocketImplementation {
  /** Opens a socket on some address of its own. */
  open(receiver: DatagramReceiver): Promise<DatagramSocket>;
  /** Lets things happen until `condition` holds, and rejects when it does not in good time. */
  until(condition: () => boolean): Promise<void>;
}

interface Arrival extends SocketAddress {
  readonly bytes: Uint8Array;
}

/** A receiver that writes down everything, in order. */
class Recorder implements DatagramReceiver {
  readonly arrivals: Arrival[] = [];
  readonly log: ("receive" | "end")[] = [];

  receive(datagram: Uint8Array, port: number, address: string): void {
    this.arrivals.push({ bytes: Uint8Array.from(datagram), port, address });
    this.log.push("receive");
  }

  endOfBatch(): void {
    this.log.push("end");
  }
}

/** Opens sockets for one test after the other and closes them. */
class Sockets {
  readonly #create: () => SocketImplementation;
  #implementation: SocketImplementation | undefined;
  #open: DatagramSocket[] = [];

  constructor(create: () => SocketImplementation) {
    this.#create = create;
  }

  async open(receiver: DatagramReceiver): Promise<DatagramSocket> {
    this.#implementation ??= this.#create();
    const socket = await this.#implementation.open(receiver);
    this.#open.push(socket);
    return socket;
  }

  /** A socket that sends back what it gets, from within `receive`. */
  async openEcho(): Promise<DatagramSocket> {
    const echo = await this.open({
      receive: (datagram, port, address) => echo.send(Uint8Array.from(datagram), port, address),
    });
    return echo;
  }

  async until(condition: () => boolean): Promise<void> {
    await this.#implementation?.until(condition);
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((socket) => socket.close()));
    this.#open = [];
    this.#implementation = undefined;
  }
}

function sendTo(socket: DatagramSocket, datagram: Uint8Array, peer: DatagramSocket): void {
  socket.send(datagram, peer.address.port, peer.address.address);
}

/** What every `DatagramSocket` must do, as tests that any implementation runs. */
export function describeDatagramSocket(name: string, create: () => SocketImplementation): void {
  describe(`DatagramSocket: ${name}`, () => {
    const sockets = new Sockets(create);
    afterEach(() => sockets.close());
    transferTests(sockets);
    batchTests(sockets);
    failureTests(sockets);
    closeTests(sockets);
  });
}

function transferTests(sockets: Sockets): void {
  test("delivers bytes, port and address, and answers find back", async () => {
    const echo = await sockets.openEcho();
    const recorder = new Recorder();
    const socket = await sockets.open(recorder);
    expect(socket.address.port).toBeGreaterThan(0);
    sendTo(socket, Uint8Array.of(1, 2, 3), echo);
    await sockets.until(() => recorder.arrivals.length === 1);
    expect(recorder.arrivals).toEqual([{ bytes: Uint8Array.of(1, 2, 3), ...echo.address }]);
  });

  test("takes datagrams of every length", async () => {
    const echo = await sockets.openEcho();
    const recorder = new Recorder();
    const socket = await sockets.open(recorder);
    const lengths = [0, 1, 1500, 2048, 2049, 65_507];
    for (const [index, length] of lengths.entries()) {
      sendTo(socket, new Uint8Array(length).fill(length % 251), echo);
      await sockets.until(() => recorder.arrivals.length === index + 1);
    }
    expect(recorder.arrivals.map(({ bytes }) => bytes.length)).toEqual(lengths);
    for (const { bytes } of recorder.arrivals) {
      expect(bytes.every((byte) => byte === bytes.length % 251)).toBe(true);
    }
  });

  test("takes long and short ones in one turn, in order", async () => {
    const recorder = new Recorder();
    const target = await sockets.open(recorder);
    const socket = await sockets.open(new Recorder());
    const lengths = Array.from({ length: 130 }, (_, index) => (index % 20 === 19 ? 65_507 : index));
    for (const length of lengths) sendTo(socket, new Uint8Array(length), target);
    await sockets.until(() => recorder.arrivals.length === lengths.length);
    expect(recorder.arrivals.map(({ bytes }) => bytes.length)).toEqual(lengths);
  });

  test("keeps the order of many and counts them", async () => {
    const echo = await sockets.openEcho();
    const recorder = new Recorder();
    const socket = await sockets.open(recorder);
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    for (const number of numbers) sendTo(socket, Uint8Array.of(number >> 8, number & 255), echo);
    await sockets.until(() => recorder.arrivals.length === 300);
    await sockets.until(() => echo.statistics().sent === 300);
    const seen = recorder.arrivals.map(({ bytes }) => (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0));
    expect(seen).toEqual(numbers);
    for (const { port, address } of recorder.arrivals) {
      expect({ port, address }).toEqual(echo.address);
    }
    const counts = { received: 300, receivedBytes: 600, sent: 300, sentBytes: 600 };
    expect(socket.statistics()).toMatchObject({ ...counts, sendErrors: {}, truncated: 0 });
    expect(echo.statistics()).toMatchObject(counts);
  });
}

function batchTests(sockets: Sockets): void {
  test("ends every batch after its datagrams, and only those", async () => {
    const recorder = new Recorder();
    const target = await sockets.open(recorder);
    const socket = await sockets.open(new Recorder());
    for (let round = 1; round <= 3; round += 1) {
      for (let index = 0; index < 100; index += 1) sendTo(socket, Uint8Array.of(index), target);
      await sockets.until(
        () => recorder.arrivals.length === 100 * round && recorder.log.at(-1) === "end",
      );
    }
    const ends = recorder.log.filter((entry) => entry === "end").length;
    expect(target.statistics().batches).toBe(ends);
    expect(recorder.log[0]).toBe("receive");
    expect(recorder.log.join(" ")).not.toContain("end end");
  });

  test("bytes may be used again after send when it copies", async () => {
    const recorder = new Recorder();
    const target = await sockets.open(recorder);
    const socket = await sockets.open(new Recorder());
    const datagram = Uint8Array.of(1);
    sendTo(socket, datagram, target);
    if (socket.copiesOnSend) datagram[0] = 2;
    await sockets.until(() => recorder.arrivals.length === 1);
    expect(recorder.arrivals[0]?.bytes).toEqual(Uint8Array.of(1));
  });
}

function failureTests(sockets: Sockets): void {
  test("counts what cannot be sent and goes on", async () => {
    const recorder = new Recorder();
    const target = await sockets.open(recorder);
    const socket = await sockets.open(new Recorder());
    socket.send(Uint8Array.of(1), 0, target.address.address);
    socket.send(Uint8Array.of(1), 70_000, target.address.address);
    socket.send(Uint8Array.of(1), 5684, "no address");
    sendTo(socket, Uint8Array.of(9), target);
    await sockets.until(() => recorder.arrivals.length === 1);
    await sockets.until(() => socket.statistics().sent === 1);
    const { sendErrors } = socket.statistics();
    expect(Object.values(sendErrors).reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  test("an exception of the receiver is reported and harms no other datagram", async () => {
    const failures: unknown[] = [];
    let deliveries = 0;
    const target = await sockets.open({
      receive: () => {
        deliveries += 1;
        if (deliveries === 1) throw new Error("first");
      },
      endOfBatch: () => {
        if (deliveries === 3) throw new Error("end");
      },
      failed: (error) => failures.push(error),
    });
    const socket = await sockets.open(new Recorder());
    for (let index = 0; index < 3; index += 1) sendTo(socket, Uint8Array.of(index), target);
    await sockets.until(() => failures.length === 2);
    expect(deliveries).toBe(3);
    expect(failures).toMatchObject([{ message: "first" }, { message: "end" }]);
    expect(target.statistics().receiverFailures).toBe(2);
  });
}

function closeTests(sockets: Sockets): void {
  test("what was sent before close leaves; afterwards nothing is sent, received or thrown", async () => {
    const recorder = new Recorder();
    const target = await sockets.open(recorder);
    const silent = new Recorder();
    const socket = await sockets.open(silent);
    for (let index = 0; index < 100; index += 1) sendTo(socket, Uint8Array.of(index), target);
    const closing = socket.close();
    sendTo(socket, Uint8Array.of(200), target);
    sendTo(target, Uint8Array.of(1), socket);
    await closing;
    await socket.close();
    await sockets.until(() => recorder.arrivals.length === 100);
    expect(silent.arrivals).toEqual([]);
    expect(socket.statistics()).toMatchObject({ sent: 100, sendErrors: { CLOSED: 1 } });
  });

  test("may be closed from within receive", async () => {
    let deliveries = 0;
    let closing: Promise<void> | undefined;
    const target: DatagramSocket = await sockets.open({
      receive: () => {
        deliveries += 1;
        if (deliveries === 10) closing = target.close();
      },
      endOfBatch: () => undefined,
    });
    const socket = await sockets.open(new Recorder());
    for (let index = 0; index < 50; index += 1) sendTo(socket, Uint8Array.of(index), target);
    await sockets.until(() => closing !== undefined);
    await closing;
    expect(deliveries).toBe(10);
  });
}
