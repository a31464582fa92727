import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import type { ConnectionState } from "@dtls-cluster/dtls";
import {
  decodeCaliforniumStream,
  readCaliforniumState,
  writeCaliforniumState,
} from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import { sampleConnection as sampleState } from "../support/sample-states.ts";
import { range, sampleBytes, sampleConnection, savedAt, streamOf, toHex } from "./samples.ts";

const wallTime = Number(savedAt.millis);
const entropy = createNodeEntropy();
const label = "dtls://0.0.0.0:5784";

/** The sample as a connection state. */
const taken = (): ConnectionState =>
  readCaliforniumState(streamOf([sampleConnection]), { wallTime }).connections[0] ?? sampleState();

describe("a written connection", () => {
  it("is the sample, except for what a connection state does not hold", () => {
    const state = taken();
    const { bytes } = writeCaliforniumState([state], { version: 5, label, wallTime, entropy });
    const nanos = savedAt.millis * 1_000_000n - 5_000_000_000n;
    const expected = toHex(sampleBytes)
      .replace("0000000123456789", nanos.toString(16).padStart(16, "0"))
      .replace("0000018bcfe56800", "0000018bcfe56801");
    expect(toHex(bytes)).toContain(`${expected}00ffff`);
  });

  it("is of the version asked for", () => {
    const states = [taken()];
    const four = writeCaliforniumState(states, { version: 4, label, wallTime, entropy });
    const five = writeCaliforniumState(states, { version: 5, label, wallTime, entropy });
    expect(four.bytes).toHaveLength(five.bytes.length + 1);
    const read = (bytes: Uint8Array) => readCaliforniumState(bytes, { wallTime }).connections;
    expect(read(four.bytes)).toEqual(read(five.bytes));
    expect(read(five.bytes)).toEqual(states);
  });

  it("without a CID has an id of its own, and without a session id no master secret", () => {
    const states = [1, 2].map((i) => ({ ...sampleState(i), readConnectionId: undefined }));
    const { bytes } = writeCaliforniumState(states, { version: 5, label, wallTime, entropy });
    const [component] = decodeCaliforniumStream(bytes).components;
    const all = component !== undefined && "connections" in component ? component.connections : [];
    expect(new Set(all.map(({ connectionId }) => toHex(connectionId))).size).toBe(2);
    expect(all[0]).toMatchObject({
      isConnectionIdUsed: false,
      context: {
        session: { masterSecret: undefined },
        traffic: { writeConnectionId: undefined, randoms: { client: states[0]?.clientRandom } },
      },
    });
  });

  it("comes after those that were idle for longer", () => {
    const states = [5, 9, 7].map((seconds, i) => ({ ...sampleState(i), idleMs: seconds * 1000 }));
    const { bytes } = writeCaliforniumState(states, { version: 5, label, wallTime, entropy });
    const idle = readCaliforniumState(bytes, { wallTime }).connections.map(({ idleMs }) => idleMs);
    expect(idle).toEqual([9000, 7000, 5000]);
  });

  it.each<[string, Partial<ConnectionState>]>([
    ["suite 0x1301 cannot be written", { cipherSuite: 0x1301 }],
    ["the keys do not fit the suite", { clientWriteKey: range(0, 32) }],
    ["read epoch 2 and write epoch 1 instead of 1", { readEpoch: 2 }],
    ["its sequence numbers are used up", { nextWriteSequence: 2 ** 48 }],
    [
      "its sequence numbers are beyond what Californium's peers listen to (2^40)",
      { nextWriteSequence: 2 ** 40 },
    ],
    ["an identity of 65000 bytes cannot be written", { pskIdentity: new Uint8Array(65_000) }],
    ["an identity that is not UTF-8 cannot be written", { pskIdentity: Uint8Array.of(0xff) }],
    ["a CID of 255 bytes cannot be written", { writeConnectionId: new Uint8Array(255) }],
    ["the address fe80::1%eth0 cannot be written", { peer: { address: "fe80::1%eth0", port: 1 } }],
  ])("is left out and reported: %s", (reason, change) => {
    const states = [sampleState(1), { ...sampleState(2), ...change }, sampleState(3)];
    const result = writeCaliforniumState(states, { version: 5, label, wallTime, entropy });
    expect(result.unwritten).toEqual([{ index: 1, reasons: [reason] }]);
    expect(result.written).toBe(2);
    expect(readCaliforniumState(result.bytes, { wallTime }).connections).toHaveLength(2);
  });

  it("needs a version, a label and a time that Californium has", () => {
    const write = (change: object) => () =>
      writeCaliforniumState([], { version: 5, label, wallTime, entropy, ...change });
    expect(write({ version: 3 })).toThrow("version is 3, but must be 4 or 5");
    expect(write({ label: "" })).toThrow("the label is empty");
    expect(write({ wallTime: Number.NaN })).toThrow("wallTime is NaN");
  });
});
