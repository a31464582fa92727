import { describe, expect, it } from "vitest";
import { ServingGate } from "../src/handover/serving-gate.ts";

const record = (type: number, epoch: number, body = 0): Uint8Array =>
  Uint8Array.of(type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1, 0, 1, body);

describe("the gate between sockets and endpoint", () => {
  it("keeps what waits while the socket reads on into the same Buffer", () => {
    const gate = new ServingGate(() => true, "hold");
    const seen: Uint8Array[] = [];
    const receive = gate.guard((datagram) => void seen.push(new Uint8Array(datagram)));
    const buffer = Buffer.alloc(14);
    for (const body of [1, 2, 3]) {
      buffer.set(record(25, 1, body));
      receive(buffer, "192.0.2.1", 5684, 0);
    }
    expect([seen.length, gate.held]).toEqual([0, 3]);
    gate.mode = "open";
    gate.release(1);
    expect(seen.map((datagram) => datagram[13])).toEqual([1, 2, 3]);
  });

  it("drops and counts what finds no place to wait", () => {
    const gate = new ServingGate(() => true, "hold");
    const receive = gate.guard(() => {});
    for (let i = 0; i < 9000; i += 1) receive(record(25, 1), "192.0.2.1", 5684, 0);
    expect(gate.held + gate.dropped).toBe(9000);
    expect(gate.dropped).toBe(9000 - 8192);
  });

  it.each([
    ["open", true, true, true],
    ["late", true, true, false],
    ["handshakes", false, true, false],
    ["hold", false, false, false],
    ["closed", false, false, false],
  ] as const)("%s: connections %s, flights %s, new handshakes %s", (mode, ...expected) => {
    const gate = new ServingGate(() => true, mode);
    const isTaken = (datagram: Uint8Array): boolean =>
      gate.deliver(datagram, "192.0.2.1", 5684, undefined, 0);
    const clientKeyExchange = record(22, 0, 16);
    const clientHello = record(22, 0, 1);
    expect([record(25, 1), clientKeyExchange, clientHello].map(isTaken)).toEqual(expected);
  });
});
