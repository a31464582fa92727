import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Reader } from "../../src/codec/reader.ts";
import { type FlightItem, FlightPacker } from "../../src/handshake/flight.ts";
import { decodeHandshakeFragment } from "../../src/handshake/handshake-header.ts";
import { Reassembler } from "../../src/handshake/reassembler.ts";
import { PlainRecordWriter } from "../../src/protection/record-writer.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";

const mtu = 256;

function flightOf(lengths: readonly (number | undefined)[]): FlightItem[] {
  return lengths.map((length, index) =>
    length === undefined
      ? { kind: "change-cipher-spec" }
      : {
          kind: "message",
          epoch: 0,
          message: { type: 11, messageSequence: index, body: new Uint8Array(length).fill(index) },
        },
  );
}

test("any flight fits the MTU datagram by datagram and arrives complete, each record with a new number", () => {
  const length = fc.option(fc.integer({ min: 0, max: 700 }), { nil: undefined, freq: 4 });
  fc.assert(
    fc.property(fc.array(length, { minLength: 1, maxLength: 6 }), (lengths) => {
      const packer = new FlightPacker(mtu, 2 ** 14, new PlainRecordWriter(5), undefined);
      expect(packer.add(flightOf(lengths))).toBe(true);
      const cursor = new RecordCursor(0);
      const numbers: number[] = [];
      const bodies = new Map<number, number>();
      let changes = 0;
      const reassembler = new Reassembler(0, 16_384, 32_768);
      for (const datagram of packer.finish()) {
        expect(datagram.length).toBeLessThanOrEqual(mtu);
        cursor.start(datagram);
        while (cursor.next()) {
          numbers.push(cursor.sequence);
          if (cursor.type === ContentType.changeCipherSpec) {
            changes += 1;
            reassembler.expected += 1;
            continue;
          }
          const start = cursor.fragmentOffset;
          const reader = new Reader(datagram, start, start + cursor.fragmentLength);
          reassembler.accept(decodeHandshakeFragment(reader));
          const message = reassembler.next();
          if (message !== undefined) bodies.set(message.messageSequence, message.body.length);
        }
        expect(cursor.isMalformed).toBe(false);
      }
      expect(numbers).toEqual(numbers.map((_, index) => 5 + index));
      expect(changes).toBe(lengths.filter((each) => each === undefined).length);
      expect([...bodies.values()]).toEqual(lengths.filter((each) => each !== undefined));
    }),
  );
});

test("a full datagram is sent before the next record, ChangeCipherSpec too", () => {
  const packer = new FlightPacker(mtu, 2 ** 14, new PlainRecordWriter(), undefined);
  // 13 + 12 bytes of headers: the first record leaves 5 bytes.
  packer.add(flightOf([mtu - 30, undefined]));
  expect(packer.finish().map(({ length }) => length)).toEqual([mtu - 5, 14]);
});

test("messages under keys that are not there make the flight incomplete", () => {
  const packer = new FlightPacker(mtu, 2 ** 14, new PlainRecordWriter(), undefined);
  const message = { type: 20, messageSequence: 0, body: new Uint8Array(12) };
  expect(packer.add([{ kind: "message", epoch: 1, message }])).toBe(false);
});
