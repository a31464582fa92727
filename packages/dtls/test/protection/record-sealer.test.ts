import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cipherSuites } from "../../src/crypto/cipher-suites.ts";
import { OpenedRecord, PlainRecordWriter } from "../../src/protection/index.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";
import { ccm8, cursorOn, openerFor, sealed, sealerFor } from "./protection-fixture.ts";

describe.each(cipherSuites)("$name", (suite) => {
  it("opens what was sealed, with Connection IDs of every length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 255 }),
        fc.uint8Array({ maxLength: 1400 }),
        fc.constantFrom(21, 22, 23),
        fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1),
        (connectionId, content, type, sequence) => {
          const sealer = sealerFor({ suite, connectionId, nextSequence: sequence });
          const datagram = sealed(sealer, content, type);
          expect(datagram.length).toBe(content.length + sealer.overhead);
          const cursor = cursorOn(datagram, connectionId.length);
          expect([cursor.epoch, cursor.sequence]).toEqual([1, sequence]);
          const into = new OpenedRecord();
          expect(openerFor({ suite, connectionId }).open(cursor, into)).toBe("opened");
          expect([into.type, into.content]).toEqual([type, content]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("uses epoch and sequence number as the explicit nonce", () => {
    const datagram = sealed(sealerFor({ suite, nextSequence: 0x010203040506 }), new Uint8Array(5));
    expect([...datagram.subarray(3, 11)]).toEqual([0, 1, 1, 2, 3, 4, 5, 6]);
    expect(datagram.subarray(13, 21)).toEqual(datagram.subarray(3, 11));
  });
});

describe("sealer", () => {
  it("never uses a sequence number twice", () => {
    const operation = fc.oneof(fc.constant(-1), fc.nat(50));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const sealer = sealerFor();
        const used: number[] = [];
        for (const target of operations) {
          if (target >= 0) {
            sealer.advanceTo(target);
          } else {
            used.push(cursorOn(sealed(sealer, new Uint8Array(3))).sequence);
          }
        }
        expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
      }),
    );
  });

  it("takes a new number for the same content", () => {
    const sealer = sealerFor();
    const content = new Uint8Array(10);
    expect(sealed(sealer, content)).not.toEqual(sealed(sealer, content));
    expect([sealer.nextSequence, sealer.sealed]).toEqual([2, 2]);
  });

  it("stops at the last sequence number (RFC 6347 section 4.1)", () => {
    const sealer = sealerFor({ nextSequence: 2 ** 48 - 1 });
    expect(sealer.sealDatagram(23, new Uint8Array(1))).toBeDefined();
    expect(sealer.isExhausted).toBe(true);
    expect(sealer.sealDatagram(23, new Uint8Array(1))).toBeUndefined();
    expect(sealer.write(23, new Uint8Array(1), 0, 1, new Uint8Array(100), 0)).toBe(0);
    sealer.advanceTo(0);
    expect(sealer.isExhausted).toBe(true);
  });

  it("stops at the limit of its key (RFC 9147 section 4.5.3)", () => {
    const sealer = sealerFor({ sealed: ccm8.sealLimit - 1 });
    expect(sealer.sealDatagram(23, new Uint8Array(1))).toBeDefined();
    expect(sealer.isExhausted).toBe(true);
    expect(sealer.sealDatagram(23, new Uint8Array(1))).toBeUndefined();
  });

  it("stops for ever when it is told to", () => {
    const sealer = sealerFor();
    sealer.sealForEver();
    sealer.advanceTo(100);
    expect(sealer.sealDatagram(23, new Uint8Array(1))).toBeUndefined();
    expect(sealer.write(23, new Uint8Array(1), 0, 1, new Uint8Array(100), 0)).toBe(0);
    expect(sealer.isSealedForEver).toBe(true);
  });

  it("refuses to jump to what is no sequence number", () => {
    for (const bad of [Number.NaN, 1.5, 2 ** 48 + 1, Number.POSITIVE_INFINITY]) {
      expect(() => sealerFor().advanceTo(bad)).toThrow(RangeError);
    }
    const sealer = sealerFor();
    sealer.advanceTo(2 ** 48);
    expect(sealer.isExhausted).toBe(true);
  });

  it("writes nothing when the target has no room, and uses up no number", () => {
    const sealer = sealerFor();
    expect(() => sealer.write(23, new Uint8Array(10), 0, 10, new Uint8Array(30), 0)).toThrow(
      RangeError,
    );
    expect(sealer.nextSequence).toBe(0);
  });

  it("refuses contents that no record may hold", () => {
    const tooLong = new Uint8Array(2 ** 14 + 1);
    for (const writer of [sealerFor(), new PlainRecordWriter()]) {
      const target = new Uint8Array(2 ** 15);
      expect(() => writer.write(23, tooLong, 0, tooLong.length, target, 0)).toThrow(RangeError);
      expect(writer.nextSequence).toBe(0);
    }
  });

  it("puts several records of both epochs into one datagram", () => {
    const connectionId = Uint8Array.of(9, 8, 7);
    const plain = new PlainRecordWriter(5);
    const sealer = sealerFor({ connectionId });
    const source = Uint8Array.of(0, 1, 2, 3, 4, 5);
    const target = new Uint8Array(200);
    let at = plain.write(ContentType.handshake, source, 1, 4, target, 0);
    expect(at).toBe(3 + plain.overhead);
    at = plain.write(ContentType.changeCipherSpec, source, 1, 2, target, at);
    at = sealer.write(ContentType.handshake, source, 2, 6, target, at);
    at = sealer.write(ContentType.applicationData, source, 0, 0, target, at);

    const cursor = new RecordCursor(3);
    const opener = openerFor({ connectionId });
    const into = new OpenedRecord();
    const seen: unknown[] = [];
    cursor.start(target.subarray(0, at));
    while (cursor.next()) {
      if (cursor.epoch === 0) {
        const end = cursor.fragmentOffset + cursor.fragmentLength;
        seen.push([cursor.type, cursor.sequence, [...target.subarray(cursor.fragmentOffset, end)]]);
      } else {
        expect(opener.open(cursor, into)).toBe("opened");
        seen.push([into.type, cursor.sequence, [...into.content]]);
      }
    }
    expect(cursor.isMalformed).toBe(false);
    expect(seen).toEqual([
      [22, 5, [1, 2, 3]],
      [20, 6, [1]],
      [22, 0, [2, 3, 4, 5]],
      [23, 1, []],
    ]);
  });

  it("gives datagrams away for good: none shares bytes with a later one", () => {
    const sealer = sealerFor();
    const datagrams = Array.from({ length: 500 }, () => sealed(sealer, new Uint8Array(60)));
    const copies = datagrams.map((datagram) => datagram.slice());
    for (let i = 0; i < 500; i++) {
      sealed(sealer, new Uint8Array(i % 100));
    }
    expect(datagrams).toEqual(copies);
  });
});
