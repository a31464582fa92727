import type { Socket } from "node:dgram";
import { eventually } from "@dtls-cluster/testkit";
import { afterEach, expect, test } from "vitest";
import { BatchSocket } from "../src/batch/batch-socket.ts";
import type { NativeCalls } from "../src/batch/native-calls.ts";
import { bindSocket } from "../src/bind-socket.ts";
import { type DatagramReceiver, type DatagramSocket, openSocket } from "../src/index.ts";
import { KernelDrops } from "../src/kernel-drops.ts";

const any = { address: "127.0.0.1", port: 0, warn: () => undefined };
const tryAgain = 11;
const messageTooLong = 90;
const sockets: DatagramSocket[] = [];

afterEach(async () => {
  await Promise.all(sockets.splice(0).map((socket) => socket.close()));
});

/** System calls as a script: each call of `send` answers with the next number, an error when negative. */
class ScriptedCalls implements NativeCalls {
  readonly sendCounts: number[] = [];
  afterClose = 0;
  isClosed = false;
  readonly #answers: number[];
  #errorNumber = 0;

  constructor(answers: readonly number[]) {
    this.#answers = [...answers];
  }

  send(_descriptor: number, _headers: bigint, count: number): number {
    if (this.isClosed) this.afterClose += 1;
    this.sendCounts.push(count);
    return this.#answer(this.#answers.shift() ?? count);
  }

  receive(): number {
    if (this.isClosed) this.afterClose += 1;
    return this.#answer(-tryAgain);
  }

  errorNumber(): number {
    return this.#errorNumber;
  }

  addressOf(): bigint {
    return 0n;
  }

  #answer(answer: number): number {
    if (answer >= 0) return answer;
    this.#errorNumber = -answer;
    return -1;
  }
}

async function openScripted(
  calls: ScriptedCalls,
  receiver: DatagramReceiver = { receive: () => undefined },
): Promise<DatagramSocket> {
  const inner: Socket = await bindSocket(any);
  const socket = new BatchSocket(inner, receiver, new KernelDrops(inner.address()), -1, calls);
  sockets.push(socket);
  return socket;
}

async function openTarget(): Promise<{ socket: DatagramSocket; seen: number[] }> {
  const seen: number[] = [];
  const socket = await openSocket(any, { receive: (datagram) => seen.push(datagram[0] ?? -1) });
  sockets.push(socket);
  return { socket, seen };
}

function sendMany(socket: DatagramSocket, count: number, target: DatagramSocket): void {
  const { port, address } = target.address;
  for (let index = 0; index < count; index += 1) socket.send(Uint8Array.of(index), port, address);
}

test("sends leave together at the end of the turn, 64 at most", async () => {
  const calls = new ScriptedCalls([]);
  const socket = await openScripted(calls);
  sendMany(socket, 100, (await openTarget()).socket);
  expect(calls.sendCounts).toEqual([64]);
  await eventually(() => calls.sendCounts.length === 2);
  expect(calls.sendCounts).toEqual([64, 36]);
  expect(socket.statistics()).toMatchObject({ sent: 100, sentBytes: 100 });
});

test("what the system has no room for leaves by node:dgram, unharmed by later use of the bytes", async () => {
  const calls = new ScriptedCalls([3, -tryAgain]);
  const socket = await openScripted(calls);
  const { socket: target, seen } = await openTarget();
  sendMany(socket, 10, target);
  await eventually(() => calls.sendCounts.length === 2);
  sendMany(socket, 10, target);
  await eventually(() => seen.length === 7);
  expect(seen).toEqual([3, 4, 5, 6, 7, 8, 9]);
  await eventually(() => socket.statistics().sent === 20);
  expect(calls.sendCounts).toEqual([10, 7, 10]);
});

test("a datagram that the system refuses is counted and keeps no other from leaving", async () => {
  const calls = new ScriptedCalls([2, -messageTooLong]);
  const socket = await openScripted(calls);
  sendMany(socket, 10, (await openTarget()).socket);
  await eventually(() => calls.sendCounts.length === 3);
  expect(calls.sendCounts).toEqual([10, 8, 7]);
  expect(socket.statistics()).toMatchObject({ sent: 9, sendErrors: { EMSGSIZE: 1 } });
});

test("nothing uses the descriptor after close", async () => {
  const calls = new ScriptedCalls([]);
  const socket = await openScripted(calls);
  const { socket: target } = await openTarget();
  sendMany(socket, 10, target);
  const closing = socket.close();
  calls.isClosed = true;
  sendMany(socket, 70, target);
  sendMany(target, 10, socket);
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls.sendCounts).toEqual([10]);
  expect(calls.afterClose).toBe(0);
});

test("a socket that is closed from within receive reads no more", async () => {
  const calls = new ScriptedCalls([]);
  let closing: Promise<void> | undefined;
  const socket = await openScripted(calls, {
    receive: () => {
      closing = socket.close();
      calls.isClosed = true;
    },
  });
  sendMany((await openTarget()).socket, 5, socket);
  await eventually(() => closing !== undefined);
  await closing;
  expect(calls.afterClose).toBe(0);
});

test("sockets of both families take turns", async () => {
  for (const address of ["127.0.0.1", "::1", "127.0.0.1"]) {
    const peers: string[] = [];
    const receive = (_datagram: Uint8Array, _port: number, peer: string): number =>
      peers.push(peer);
    const target = await openSocket({ ...any, address, batch: "auto" }, { receive });
    const sender = await openSocket({ ...any, address, batch: "auto" }, { receive });
    sockets.push(target, sender);
    sendMany(sender, 100, target);
    await eventually(() => peers.length === 100);
    expect(new Set(peers)).toEqual(new Set([address]));
    expect(target.statistics().receiveErrors).toEqual({});
  }
});

test("openSocket says which implementation it chose, and why not the other", async () => {
  const off = await openSocket({ ...any, batch: "off" }, { receive: () => undefined });
  const auto = await openSocket({ ...any, batch: "auto" }, { receive: () => undefined });
  sockets.push(off, auto);
  expect(off.statistics()).toMatchObject({ implementation: "node", batchUnavailable: undefined });
  const { implementation, batchUnavailable } = auto.statistics();
  expect(implementation === "batch").toBe(batchUnavailable === undefined);
});
