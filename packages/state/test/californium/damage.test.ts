import {
  CaliforniumStateError,
  type CaliforniumStateErrorCode,
  decodeCaliforniumStream,
  readCaliforniumState,
} from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import { plainVector, sampleBytes, sampleConnection, streamOf, toHex } from "./samples.ts";

const label = "dtls://0.0.0.0:5784";

function failure(bytes: Uint8Array): CaliforniumStateError | undefined {
  try {
    readCaliforniumState(bytes, { wallTime: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof CaliforniumStateError) return error;
    throw error;
  }
}

/** Where the second of two sample connections begins. */
const secondAt = streamOf([sampleConnection]).length - 3;

/** A stream of two connections; `change` gets the bytes of the second one. */
function damaged(change: (second: Uint8Array) => void): Uint8Array {
  const bytes = streamOf([sampleConnection, sampleConnection]);
  change(bytes.subarray(secondAt, secondAt + sampleBytes.length));
  return bytes;
}

/** Offset of bytes in the sample connection. */
const at = (hexText: string): number => toHex(sampleBytes).indexOf(hexText) / 2;

describe("a truncated state", () => {
  it("is refused at every length, with the place", () => {
    const whole = plainVector();
    for (let length = 0; length < whole.length; length += 1) {
      const error = failure(whole.subarray(0, length));
      expect(error?.code, `${length} bytes`).toBe("CALIFORNIUM_TRUNCATED");
      expect(error?.place?.offset).toBe(length);
    }
  });

  it("names the component, the connection and the field", () => {
    const bytes = streamOf([sampleConnection, sampleConnection]);
    const error = failure(bytes.subarray(0, secondAt + 20));
    expect(error?.place).toEqual({
      offset: secondAt + 20,
      component: label,
      item: 1,
      field: "connection",
    });
    expect(error?.message).toBe(
      `the state ends early (at byte ${secondAt + 20}, component "${label}", item 1: connection)`,
    );
  });
});

describe("a bit-flipped state", () => {
  it("is refused with a place, or is still one that has the same connections or names an unknown component", () => {
    const whole = streamOf([sampleConnection, sampleConnection]);
    const { connections, refused } = readCaliforniumState(whole, { wallTime: 0 });
    const all = connections.length + refused.length;
    let noticed = 0;
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = whole.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const error = failure(bytes);
      if (error !== undefined) {
        noticed += 1;
        expect(error.place?.offset).toBeLessThanOrEqual(whole.length);
        continue;
      }
      const found = readCaliforniumState(bytes, { wallTime: 0 });
      const skipped = found.components.filter(({ isConnector }) => !isConnector);
      const kept = found.connections.length + found.refused.length;
      expect(kept + skipped.reduce((sum, { items }) => sum + items, 0)).toBe(all);
    }
    // Keys, IVs, counters, times, CIDs and addresses have no wrong values, and the format has no checksum.
    expect(noticed).toBeGreaterThan(whole.length);
  });

  it.each<[string, (second: Uint8Array) => void, CaliforniumStateErrorCode, number, string]>([
    ["a newer connection item", (c) => c.set([2], 0), "CALIFORNIUM_VERSION", 0, "connection"],
    [
      "a newer DTLSContext",
      (c) => c.set([6], at("0500dd")),
      "CALIFORNIUM_VERSION",
      at("0500dd"),
      "DTLSContext",
    ],
    [
      "a newer DTLSSession",
      (c) => c.set([4], at("03007a")),
      "CALIFORNIUM_VERSION",
      at("03007a"),
      "DTLSSession",
    ],
    [
      "newer sequence numbers",
      (c) => c.set([2], at("011c")),
      "CALIFORNIUM_VERSION",
      at("011c"),
      "sequence numbers",
    ],
    [
      "a newer address",
      (c) => c.set([2], at("01079c41")),
      "CALIFORNIUM_VERSION",
      at("01079c41"),
      "peer address",
    ],
    ["a flag of 2", (c) => c.set([2], 3), "CALIFORNIUM_CORRUPT", 3, "resumption required"],
    [
      "a key of 15 bytes",
      (c) => c.set([15], at("101112131415161718191a1b1c1d1e1f034145530430") - 1),
      "CALIFORNIUM_CORRUPT",
      at("101112131415161718191a1b1c1d1e1f034145530430") - 1,
      "read keys, encryption key",
    ],
    [
      "another algorithm",
      (c) => c.set([0x42], at("4145530430")),
      "CALIFORNIUM_CORRUPT",
      at("034145530430"),
      "read keys, encryption key, algorithm",
    ],
    [
      "an IV of 5 bytes",
      (c) => c.set([5], at("0430313233")),
      "CALIFORNIUM_CORRUPT",
      at("0430313233"),
      "read keys, IV",
    ],
    [
      "no connection id",
      (c) => c.set([0xff], at("06010203040506")),
      "CALIFORNIUM_CORRUPT",
      at("06010203040506"),
      "connection id",
    ],
    [
      "an address of 3 bytes",
      (c) => {
        c.set([6], at("079c41"));
      },
      "CALIFORNIUM_CORRUPT",
      at("c0000207"),
      "peer address",
    ],
    [
      "an address of another type",
      (c) => c.set([3], at("01c0000207")),
      "CALIFORNIUM_CORRUPT",
      at("01c0000207"),
      "peer address",
    ],
    [
      "write epoch 2",
      (c) => c.set([2], at("0110202122")),
      "CALIFORNIUM_CORRUPT",
      at("0110202122"),
      "write epoch",
    ],
    [
      "a time that no clock shows",
      (c) => c.set([0xff], at("0000018bcfe56801")),
      "CALIFORNIUM_CORRUPT",
      at("0000018bcfe56801"),
      "handshake time",
    ],
    [
      "an unknown kind of principal",
      (c) => c.set([7], at("02000009")),
      "CALIFORNIUM_CORRUPT",
      at("02000009"),
      "peer identity",
    ],
    [
      "a window behind the last number",
      (c) => c.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff], at("011c") + 8),
      "CALIFORNIUM_CORRUPT",
      at("011c") + 8,
      "receive window",
    ],
    [
      "a shorter item",
      (c) => c.set([0x78], at("03007a") + 2),
      "CALIFORNIUM_CORRUPT",
      at("63616c69"),
      "peer identity, PSK identity",
    ],
  ])("with %s names the place and the field", (_, change, code, offset, field) => {
    const error = failure(damaged(change));
    expect(error).toMatchObject({ name: "CaliforniumStateError", code });
    expect(error?.place).toEqual({ offset: secondAt + offset, component: label, item: 1, field });
  });

  it("says which versions it knows", () => {
    const error = failure(damaged((c) => c.set([6], at("0500dd"))));
    expect(error?.message).toMatch(/^version 6, but only 2, 3, 4, 5 are known \(/);
  });

  it("is refused when bytes follow the end", () => {
    const error = failure(Uint8Array.of(...streamOf([sampleConnection]), 0));
    expect(error).toMatchObject({ code: "CALIFORNIUM_CORRUPT", place: { field: "end mark" } });
  });
});

describe("something else", () => {
  it.each([
    ["text", Buffer.from("hello, world, this is a text")],
    ["another marker", Buffer.from("000a434f4d504f4e454e5458ffff", "hex")],
    ["a time mark of another length", Buffer.from("0111", "hex")],
    ["the file instead of its content", Uint8Array.of(0, ...plainVector())],
  ])("is no state: %s", (_, bytes) => {
    expect(failure(bytes)?.code).toBe("CALIFORNIUM_FORMAT");
    expect(() => decodeCaliforniumStream(bytes)).toThrow(CaliforniumStateError);
  });
});
