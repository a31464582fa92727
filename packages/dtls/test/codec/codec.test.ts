import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError } from "../../src/codec/decode-error.ts";
import { Reader } from "../../src/codec/reader.ts";
import { Writer } from "../../src/codec/writer.ts";

describe("writer and reader", () => {
  it("agree on numbers and vectors", () => {
    fc.assert(
      fc.property(
        fc.record({
          a: fc.nat(0xff),
          b: fc.nat(0xffff),
          c: fc.nat(0xffffff),
          d: fc.nat(0xffffffff),
          e: fc.nat(2 ** 48 - 1),
          f: fc.uint8Array({ maxLength: 255 }),
          g: fc.uint8Array({ maxLength: 700 }),
        }),
        ({ a, b, c, d, e, f, g }) => {
          const bytes = new Writer(1)
            .uint8(a)
            .uint16(b)
            .uint24(c)
            .uint32(d)
            .uint48(e)
            .vector16((inner) => inner.opaque8(f).vector24((deepest) => deepest.opaque16(g)))
            .finish();
          const reader = new Reader(bytes);
          expect(reader.uint8()).toBe(a);
          expect(reader.uint16()).toBe(b);
          expect(reader.uint24()).toBe(c);
          expect(reader.uint32()).toBe(d);
          expect(reader.uint16() * 2 ** 32 + reader.uint32()).toBe(e);
          reader.vector16((inner) => {
            expect(inner.opaque8()).toEqual(f);
            expect(inner.vector24((deepest) => deepest.opaque16())).toEqual(g);
          });
          reader.end();
        },
      ),
    );
  });

  it("refuse what does not fit", () => {
    expect(() => new Writer().uint8(256)).toThrow(RangeError);
    expect(() => new Writer().uint16(-1)).toThrow(RangeError);
    expect(() => new Writer().uint16(1.5)).toThrow(RangeError);
    expect(() => new Writer().opaque8(new Uint8Array(256))).toThrow(RangeError);
    expect(() => new Writer().vector8((inner) => inner.bytes(new Uint8Array(256)))).toThrow(
      RangeError,
    );
  });
});

describe("reader", () => {
  it("throws DecodeError for every read past the end, and stays where it was", () => {
    const reads: ((reader: Reader) => unknown)[] = [
      (reader) => reader.uint16(),
      (reader) => reader.uint24(),
      (reader) => reader.uint32(),
      (reader) => reader.bytes(2),
      (reader) => reader.opaque8(),
      (reader) => reader.vector8(() => undefined),
    ];
    for (const read of reads) {
      expect(() => read(new Reader(Uint8Array.of(5)))).toThrow(DecodeError);
    }
    expect(() => new Reader(new Uint8Array(0)).uint8()).toThrow(DecodeError);
    expect(() => new Reader(new Uint8Array(4), 2, 5)).toThrow(DecodeError);
  });

  it("does not let a vector's bytes be left over or overrun", () => {
    const bytes = Uint8Array.of(2, 1, 2, 3);
    expect(() => new Reader(bytes).vector8((inner) => inner.uint8())).toThrow(DecodeError);
    expect(() => new Reader(bytes).vector8((inner) => inner.uint24())).toThrow(DecodeError);
    expect(new Reader(bytes).vector8((inner) => inner.uint16())).toBe(0x102);
    expect(() => new Reader(bytes).end()).toThrow(DecodeError);
  });

  it("checks the bounds of opaque vectors", () => {
    expect(() => new Reader(Uint8Array.of(1, 1)).opaque8(2)).toThrow(DecodeError);
    expect(() => new Reader(Uint8Array.of(0, 2, 1, 1)).opaque16(0, 1)).toThrow(DecodeError);
    expect(new Reader(Uint8Array.of(0, 0, 2, 1, 1)).opaque24(2, 2)).toEqual(Uint8Array.of(1, 1));
  });

  it("gives out views whose slice is a copy, even of a Buffer", () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copy = new Reader(buffer).bytes(2).slice();
    buffer.fill(0);
    expect(copy).toEqual(Uint8Array.of(1, 2));
  });
});
