import { describe, expect, it } from "vitest";
import {
  AlertDescription,
  AlertLevel,
  decodeAlert,
  encodeAlert,
  encodeChangeCipherSpec,
  innerTypeOffset,
  isChangeCipherSpec,
} from "../../src/record/index.ts";

describe("alert", () => {
  it("is read as it was written", () => {
    for (const level of Object.values(AlertLevel)) {
      for (const description of Object.values(AlertDescription)) {
        expect(decodeAlert(encodeAlert(level, description))).toEqual({ level, description });
      }
    }
  });

  it("may have a description that nobody knows, but no unknown level and no other length", () => {
    expect(decodeAlert(Uint8Array.of(2, 200))).toEqual({ level: 2, description: 200 });
    for (const bad of [[], [2], [0, 0], [3, 0], [1, 0, 0]]) {
      expect(decodeAlert(Uint8Array.from(bad))).toBeUndefined();
    }
  });
});

describe("ChangeCipherSpec", () => {
  it("is one byte of value 1", () => {
    expect(isChangeCipherSpec(encodeChangeCipherSpec())).toBe(true);
    for (const bad of [[], [0], [2], [1, 1]]) {
      expect(isChangeCipherSpec(Uint8Array.from(bad))).toBe(false);
    }
  });
});

describe("inner plaintext (RFC 9146 section 4)", () => {
  it("ends with its type, before any padding", () => {
    expect(innerTypeOffset(Uint8Array.of(5, 5, 23), 0, 3)).toBe(2);
    expect(innerTypeOffset(Uint8Array.of(5, 0, 23, 0, 0), 0, 5)).toBe(2);
    expect(innerTypeOffset(Uint8Array.of(9, 0, 0, 9), 1, 3)).toBe(-1);
    expect(innerTypeOffset(Uint8Array.of(23), 0, 0)).toBe(-1);
  });
});
