import fc from "fast-check";
import { pack, unpack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { MessagePackCursor, MessagePackError } from "../src/message-pack-cursor.ts";
import { MessagePackWriter } from "../src/message-pack-writer.ts";
import { PlainMessagePack } from "./support/plain-messagepack.ts";

const numbers = fc.oneof(
  fc.integer({ min: -40, max: 300 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Heads of every width, by a byte pattern of each. */
const FOREIGN_NUMBERS: readonly (readonly [number[], number])[] = [
  [[0xca, 0x3f, 0xc0, 0, 0], 1.5],
  [[0xcf, 0, 0, 0, 3, 0, 0, 0, 7], 3 * 2 ** 32 + 7],
  [[0xd0, 0x80], -128],
  [[0xd1, 0x80, 0], -32_768],
  [[0xd2, 0x80, 0, 0, 0], -(2 ** 31)],
  [[0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2],
];

describe("MessagePack of the hot path", () => {
  it("writes numbers that any decoder reads, and reads them again", () => {
    fc.assert(
      fc.property(numbers, (value) => {
        const writer = new MessagePackWriter();
        writer.number(value);
        const bytes = writer.written;
        // A negative zero comes back as zero.
        expect(new PlainMessagePack(bytes).read()).toBe(value + 0);
        const cursor = new MessagePackCursor(bytes, 0);
        expect(cursor.number()).toBe(value + 0);
        expect(cursor.isAtEnd).toBe(true);
      }),
    );
  });

  it("reads numbers of every form", () => {
    for (const [bytes, value] of FOREIGN_NUMBERS) {
      expect(new MessagePackCursor(Uint8Array.from(bytes), 0).number()).toBe(value);
    }
  });

  it("writes strings and arrays of every width", () => {
    for (const length of [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      const writer = new MessagePackWriter();
      const bytes = new Uint8Array(length).fill(65);
      writer.array(3);
      writer.bytes(bytes);
      writer.textHead(length);
      writer.raw(bytes);
      writer.array(length);
      for (let i = 0; i < length; i += 1) writer.nil();
      const found = new PlainMessagePack(writer.written).read() as unknown[];
      expect(found[0]).toEqual(bytes);
      expect(found[1]).toBe("A".repeat(length));
      expect(found[2]).toHaveLength(length);
      const cursor = new MessagePackCursor(writer.written, 0);
      expect([cursor.array(), cursor.bytes()?.length, cursor.text()?.length]).toEqual([
        3,
        length,
        length,
      ]);
      expect(cursor.array()).toBe(length);
    }
  });

  it("passes over any value, and never beyond the end of the bytes", () => {
    const values = fc.anything({
      maxDepth: 4,
      withTypedArray: true,
      withDate: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(values, fc.nat(), (value, cut) => {
        const bytes = new Uint8Array(pack(value));
        const cursor = new MessagePackCursor(bytes, 0);
        cursor.skip();
        expect(cursor.at).toBe(bytes.length);
        const short = new MessagePackCursor(bytes.subarray(0, cut % bytes.length), 0);
        expect(() => short.skip()).toThrow(MessagePackError);
      }),
    );
  });

  it("moves only over what it was asked for", () => {
    const cursor = new MessagePackCursor(new Uint8Array(pack([1, "a", new Uint8Array(2)])), 0);
    expect([cursor.number(), cursor.bytes(), cursor.text()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(cursor.array()).toBe(3);
    expect([cursor.array(), cursor.number()]).toEqual([undefined, 1]);
    expect(unpack(cursor.encoded())).toBe("a");
  });

  it("leaves no secret behind when it is wiped, or grows", () => {
    const writer = new MessagePackWriter();
    writer.bytes(new Uint8Array(600).fill(7));
    const before = writer.written;
    writer.bytes(new Uint8Array(600).fill(7));
    const after = writer.written;
    expect(before.every((byte) => byte === 0)).toBe(true);
    writer.wipe();
    expect(after.every((byte) => byte === 0)).toBe(true);
  });
});
