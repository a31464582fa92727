import { isIP, SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  AddressTexts,
  addressBytes,
  addressText,
  normalizeAddress,
  writeAddress,
} from "../src/index.ts";

const canonical = (text: string) =>
  new SocketAddress({ address: text, family: text.includes(":") ? "ipv6" : "ipv4" }).address;

test("the text of 4 octets is what node:net reports, and reads back", () => {
  const texts = new AddressTexts();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      const text = addressText(bytes, 0, 4);
      expect(text).toBe([...bytes].join("."));
      expect(texts.read(bytes, 0, 4)).toBe(text);
      expect(texts.read(bytes, 0, 4)).toBe(text);
      expect(addressBytes(text)).toEqual(bytes);
    }),
  );
});

test("the text of 16 octets is what node:net reports, and reads back", () => {
  const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 0x20, 0xff), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(sparse, (octets) => {
      const bytes = Uint8Array.from(octets);
      const text = addressText(bytes, 0, 16);
      const groups: string[] = [];
      for (let index = 0; index < 16; index += 2) {
        groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
      }
      const reported = canonical(groups.join(":"));
      const isMapped = text.includes(".") && !text.includes(":");
      expect(isMapped ? `::ffff:${text}` : text).toBe(reported);
      if (!isMapped) expect(addressBytes(text)).toEqual(bytes);
      expect(addressBytes(groups.join(":"))).toEqual(isMapped ? bytes.slice(12) : bytes);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["fe80::1%eth0", "fe80::1"],
  ["::102:304", "::1.2.3.4"],
  ["::1:2:3", "::1:2:3"],
  ["::", "::"],
  ["1::", "1::"],
  ["::1", "::1"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
])("%s is normalised to %s", (text, expected) => {
  expect(normalizeAddress(text)).toBe(expected);
  if (expected.includes(":")) expect(canonical(expected)).toBe(expected);
});

test("what is no address is refused, whatever it is", () => {
  const almost = fc.string({ unit: fc.constantFrom(..."0123456789abcdefF:.%g"), maxLength: 24 });
  fc.assert(
    fc.property(fc.oneof(almost, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      const bare = text.includes(":") ? (text.split("%")[0] ?? "") : text;
      const isAddress = isIP(bare) !== 0;
      const target = new Uint8Array(16);
      expect(writeAddress(text, target, 0) !== 0).toBe(isAddress);
    }),
    { numRuns: 5000 },
  );
});

test("octets that are not there have no text", () => {
  expect(addressText(new Uint8Array(3), 0, 4)).toBe("");
  expect(addressText(new Uint8Array(16), 0, 5)).toBe("");
  expect(new AddressTexts().read(new Uint8Array(5), 2, 4)).toBe("");
});
