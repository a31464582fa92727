import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peekConnectionId, RecordCursor, writeRecordHeader } from "../../src/record/index.ts";

interface Spec {
  readonly type: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly fragment: Uint8Array;
}

const cidLength = 6;
const specs = fc.array(
  fc.record({
    type: fc.constantFrom(20, 21, 22, 23, 25),
    epoch: fc.nat(0xffff),
    sequence: fc.nat(2 ** 31 - 1).map((n) => n * 2 ** 17 + (n % 9)),
    fragment: fc.uint8Array({ maxLength: 60 }),
  }),
  { minLength: 1, maxLength: 6 },
);

function cidOf(index: number): Uint8Array {
  return new Uint8Array(cidLength).fill(index + 1);
}

function datagramOf(records: readonly Spec[]): Uint8Array {
  const target = new Uint8Array(2000);
  let at = 0;
  for (const [index, { type, epoch, sequence, fragment }] of records.entries()) {
    const cid = type === 25 ? cidOf(index) : undefined;
    at = writeRecordHeader(target, at, type, epoch, sequence, cid, fragment.length);
    target.set(fragment, at);
    at += fragment.length;
  }
  return target.slice(0, at);
}

function walk(datagram: Uint8Array, connectionIdLength = cidLength) {
  const cursor = new RecordCursor(connectionIdLength);
  cursor.start(datagram);
  const records: Spec[] = [];
  while (cursor.next()) {
    const { type, epoch, sequence, fragmentOffset, fragmentLength } = cursor;
    const fragment = datagram.slice(fragmentOffset, fragmentOffset + fragmentLength);
    records.push({ type, epoch, sequence, fragment });
  }
  return { records, isMalformed: cursor.isMalformed };
}

const plain = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 7, 7];

describe("record cursor", () => {
  it("reads what was written, record by record", () => {
    fc.assert(
      fc.property(specs, (records) => {
        expect(walk(datagramOf(records))).toEqual({ records, isMalformed: false });
      }),
    );
  });

  it("keeps the records before a cut and finds the rest malformed", () => {
    fc.assert(
      fc.property(specs, fc.nat(), (records, cut) => {
        const datagram = datagramOf(records);
        const length = cut % datagram.length;
        const { records: found, isMalformed } = walk(datagram.subarray(0, length));
        expect(records.slice(0, found.length)).toEqual(found);
        const used = found.length > 0 ? datagramOf(records.slice(0, found.length)).length : 0;
        expect(isMalformed).toBe(length === 0 || used < length);
      }),
    );
  });

  it("never reads past the datagram, whatever it holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(255), (datagram, length) => {
        for (const { fragment } of walk(datagram, length).records) {
          expect(fragment.length).toBeLessThanOrEqual(datagram.length - 13);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["an empty datagram", []],
    ["a type below 20", [19, ...plain.slice(1)]],
    ["a type above 63", [64, ...plain.slice(1)]],
    ["another version", [22, 0xfe, 0xfc, ...plain.slice(3)]],
    ["the version of DTLS 1.0 behind epoch 0", [22, 0xfe, 0xff, 0, 1, ...plain.slice(5)]],
    ["an incomplete header", plain.slice(0, 12)],
    ["a length beyond the end", [...plain.slice(0, 12), 3, 7, 7]],
    [
      "a length above the limit of a record",
      [...plain.slice(0, 11), 0x48, 1, ...new Array(0x4801).fill(0)],
    ],
  ])("finds %s malformed", (_, bytes) => {
    expect(walk(Uint8Array.from(bytes))).toEqual({ records: [], isMalformed: true });
  });

  it("lets epoch 0 carry the version of DTLS 1.0 (RFC 6347 section 4.2.1)", () => {
    const datagram = Uint8Array.from([22, 0xfe, 0xff, ...plain.slice(3)]);
    expect(walk(datagram).records).toHaveLength(1);
  });

  it("finds a tls12_cid record malformed where no Connection ID was given out", () => {
    const datagram = datagramOf([
      { type: 25, epoch: 1, sequence: 1, fragment: new Uint8Array(40) },
    ]);
    expect(walk(datagram, 0)).toEqual({ records: [], isMalformed: true });
  });
});

describe("peekConnectionId", () => {
  it("finds every Connection ID of a datagram, in order", () => {
    fc.assert(
      fc.property(specs, (records) => {
        const datagram = datagramOf(records);
        const found: Uint8Array[] = [];
        let at = peekConnectionId(datagram, cidLength);
        while (at >= 0) {
          found.push(datagram.slice(at, at + cidLength));
          at = peekConnectionId(datagram, cidLength, at);
        }
        const expected = records.flatMap(({ type }, index) => (type === 25 ? [cidOf(index)] : []));
        expect(found).toEqual(expected);
      }),
    );
  });

  it("finds none in noise, and ends", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (datagram) => {
        const at = peekConnectionId(datagram, cidLength);
        expect(at === -1 || datagram[at - 11] === 25).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
