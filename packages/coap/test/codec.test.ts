import coapPacket from "coap-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CoapUsageError,
  decodeMessage,
  encodeMessage,
  encodeOptions,
  MessageType,
  requestOptions,
} from "../src/index.ts";
import { bytes, decoded, hex } from "./support/wire.ts";

const option = fc.record({
  number: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 65535 })),
  value: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ minLength: 260, maxLength: 300 }),
  ),
});

const message = fc.record({
  type: fc.constantFrom(...Object.values(MessageType)),
  code: fc.integer({ min: 1, max: 255 }),
  messageId: fc.integer({ min: 0, max: 65535 }),
  token: fc.uint8Array({ maxLength: 8 }),
  options: fc.array(option, { maxLength: 8 }),
  payload: fc.uint8Array({ maxLength: 100 }),
});

const sorted = <E extends { number: number }>(list: readonly E[]) =>
  [...list].sort((a, b) => a.number - b.number);

describe("message codec", () => {
  it("decodes what it encoded", () => {
    fc.assert(
      fc.property(message, (fields) => {
        const view = decoded(encodeMessage(fields));
        expect(view).toMatchObject({
          type: fields.type,
          code: fields.code,
          messageId: fields.messageId,
        });
        expect(view.token).toEqual(fields.token);
        expect(view.options()).toEqual(sorted(fields.options));
        expect(view.payload).toEqual(fields.payload);
        expect(view.payloadLength).toBe(fields.payload.length);
      }),
    );
  });

  it("writes the bytes that coap-packet writes, and reads the same fields", () => {
    fc.assert(
      fc.property(message, (fields) => {
        const own = encodeMessage(fields);
        const theirs = coapPacket.parse(Buffer.from(own));
        expect(theirs.messageId).toBe(fields.messageId);
        expect(new Uint8Array(theirs.token)).toEqual(fields.token);
        expect(new Uint8Array(theirs.payload)).toEqual(fields.payload);
        expect(theirs.options.map(({ value }) => new Uint8Array(value))).toEqual(
          sorted(fields.options).map(({ value }) => value),
        );
        const again = coapPacket.generate(
          { ...theirs, options: theirs.options.map((o) => ({ ...o, name: `${o.name}` })) },
          10_000,
        );
        expect(hex(own)).toBe(hex(again));
      }),
    );
  });

  it("decodes the example of RFC 7252 appendix A", () => {
    const view = decoded("44017d34 20 21 22 23 bb 74656d7065726174757265");
    expect(view).toMatchObject({ type: 0, code: 1, messageId: 0x7d34, path: "/temperature" });
    expect(hex(view.token)).toBe("20212223");
    expect(hex(decoded("64457d34 20212223 ff 32322e332043").token)).toBe("20212223");
    expect(decoded("64457d34 20212223 ff 32322e332043").text).toBe("22.3 C");
  });

  it.each([
    ["too short", "400100"],
    ["nothing", ""],
    ["version 2", "80010001"],
    ["token length 9", "49010001 010203040506070809"],
    ["token length 15", "4f010001 010203040506070809101112131415"],
    ["token beyond the end", "44010001 01"],
    ["option delta 15", "40010001 f1 00"],
    ["option length 15", "40010001 1f 00"],
    ["option beyond the end", "40010001 b4 61"],
    ["option delta without its byte", "40010001 d0"],
    ["option delta with half of its bytes", "40010001 e0 01"],
    ["option length without its byte", "40010001 bd"],
    ["option length with half of its bytes", "40010001 be 01"],
    ["option number above 65535", "40010001 e0 ffff e0 ffff"],
    ["payload marker without payload", "40010001 ff"],
    ["empty message with token", "41000001 01"],
    ["empty message with payload", "40000001 ff 01"],
  ])("refuses %s", (_name, text) => {
    expect(decodeMessage(bytes(text))).toBeUndefined();
  });

  it("takes any bytes without throwing, and reads nothing beyond the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        noise[0] = 0x40 | ((noise[0] ?? 0) & 0x37);
        const view = decodeMessage(noise);
        const total = view
          ?.options()
          .reduce((length, { value }) => length + value.length, view.payloadLength);
        expect(total ?? 0).toBeLessThanOrEqual(noise.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("writes a target as Uri-Path and Uri-Query options", () => {
    const view = decoded(
      encodeMessage({
        type: 0,
        code: 1,
        messageId: 1,
        options: requestOptions("/a%20b/c?x=1&y", [{ number: 17, value: 50 }]),
      }),
    );
    expect(view.textOptions(11)).toEqual(["a b", "c"]);
    expect(view.textOptions(15)).toEqual(["x=1", "y"]);
    expect(view.uintOption(17)).toBe(50);
    expect(requestOptions("/")).toHaveLength(0);
  });

  it("refuses fields that do not fit the format", () => {
    expect(() => requestOptions("a")).toThrow(CoapUsageError);
    expect(() => requestOptions("/%zz")).toThrow(CoapUsageError);
    expect(() => encodeOptions([{ number: 65536, value: 0 }])).toThrow(CoapUsageError);
    expect(() => encodeOptions([{ number: 6, value: -1 }])).toThrow(CoapUsageError);
    const fields = { type: 0, code: 1, messageId: 1 } as const;
    expect(() => encodeMessage({ ...fields, code: 256 })).toThrow(CoapUsageError);
    expect(() => encodeMessage({ ...fields, messageId: -1 })).toThrow(CoapUsageError);
    expect(() => encodeMessage({ ...fields, token: new Uint8Array(9) })).toThrow(CoapUsageError);
    expect(() => encodeMessage({ ...fields, code: 0, payload: bytes("01") })).toThrow(
      CoapUsageError,
    );
  });
});
