import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../src/index.ts";

describe("UTF-8", () => {
  it("encodes as the platform does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(encodeUtf8(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
      }),
    );
  });

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      }),
    );
  });

  it("replaces what is not UTF-8: overlong forms, surrogates, cut and stray bytes", () => {
    for (const bad of ["c080", "eda080", "e282", "80", "f4908080", "ff"]) {
      expect(decodeUtf8(Uint8Array.from(Buffer.from(bad, "hex")))).toMatch(/^\ufffd+$/);
    }
  });
});
