import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createCidLayout,
  createForwardFrame,
  decodeForwardFrame,
  decodePingFrame,
  encodeForwardFrame,
  encodePingFrame,
  FrameType,
  pingFrameLength,
  trustedTail,
  WireUsageError,
} from "../src/index.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const byte = fc.integer({ min: 0, max: 255 });

test("the five- and six-octet pings have the octets of older peers", () => {
  const frame = { type: FrameType.ping, nodeId: 0x01020304, state: undefined, tail: undefined };
  expect(encodePingFrame(frame)).toEqual(hex("3d04030201"));
  expect(encodePingFrame({ ...frame, type: FrameType.pong, nodeId: 3, state: 2 })).toEqual(
    hex("3c0300000002"),
  );
});

test("pings with a tail read back", () => {
  const tail = fc.record({ senderId: uint32, instance: uint32, generation: uint32, flags: byte });
  fc.assert(
    fc.property(uint32, byte, tail, (nodeId, state, written) => {
      const frame = { type: FrameType.ping, nodeId, state, tail: written };
      const bytes = encodePingFrame(frame);
      expect(bytes.length).toBe(pingFrameLength);
      expect(decodePingFrame(bytes)).toEqual(frame);
      expect(decodePingFrame(new Uint8Array([...bytes, 1, 2, 3]))).toEqual(frame);
      expect(decodePingFrame(bytes.subarray(0, bytes.length - 1))).toEqual({
        ...frame,
        tail: undefined,
      });
    }),
  );
});

test("a tail of a later version is read up to what is known", () => {
  const frame = {
    type: FrameType.ping,
    nodeId: 7,
    state: 1,
    tail: { senderId: 7, instance: 9, generation: 3, flags: 0 },
  };
  const bytes = new Uint8Array([...encodePingFrame(frame), 0xaa, 0xbb]);
  bytes[8] = 2;
  bytes[9] = 15;
  expect(decodePingFrame(bytes)).toEqual(frame);
});

test("an echo of the own tail in a pong is not believed", () => {
  const tail = { senderId: 1, instance: 77, generation: 5, flags: 0 };
  const echo = encodePingFrame({ type: FrameType.ping, nodeId: 1, state: 2, tail });
  echo[0] = FrameType.pong;
  const sameId = decodePingFrame(echo);
  echo[1] = 2;
  const otherId = decodePingFrame(echo);
  if (typeof sameId === "string" || typeof otherId === "string") throw new Error("not read");
  expect(trustedTail(sameId, 77)).toBeUndefined();
  expect(trustedTail(otherId, 77)).toBeUndefined();
  expect(trustedTail(otherId, 78)).toBeUndefined();
  expect(trustedTail(sameId, 78)).toEqual(tail);
});

test("reading pings never throws and refuses what is too short", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const result = decodePingFrame(bytes);
      if (bytes.length < 5) expect(result).toBe("too-short");
      else if (bytes[0] !== 60 && bytes[0] !== 61) expect(result).toBe("wrong-type");
      else expect(typeof result).toBe("object");
    }),
  );
});

test("forward frames read back, for either family, with and without MAC", () => {
  const types = fc.constantFrom(58, 59, 62, 63) as fc.Arbitrary<58 | 59 | 62 | 63>;
  const address = fc.oneof(fc.ipV4(), fc.constantFrom("2001:db8::1", "fe80::1:2", "::1"));
  const payload = fc.uint8Array({ minLength: 26, maxLength: 80 });
  const mac = fc.constantFrom(0, 8) as fc.Arbitrary<0 | 8>;
  const port = fc.integer({ min: 1, max: 65535 });
  fc.assert(
    fc.property(types, address, port, payload, mac, (type, text, number, body, macLength) => {
      const bytes = encodeForwardFrame(type, text, number, body, macLength);
      if (bytes === undefined) throw new Error("not written");
      const frame = createForwardFrame();
      expect(decodeForwardFrame(bytes, { macLength }, frame)).toBeUndefined();
      expect(frame).toMatchObject({ type, address: text, port: number });
      expect(bytes.subarray(frame.payloadOffset)).toEqual(body);
    }),
  );
});

test("IPv4-mapped addresses travel as IPv4, and what is no address not at all", () => {
  const body = new Uint8Array(26);
  expect(encodeForwardFrame(63, "::ffff:192.0.2.1", 1, body, 0)?.subarray(0, 8)).toEqual(
    hex("3f010004c0000201"),
  );
  expect(encodeForwardFrame(63, "::ffff:c000:201", 1, body, 0)?.length).toBe(34);
  expect(encodeForwardFrame(63, "localhost", 1, body, 0)).toBeUndefined();
  expect(encodeForwardFrame(63, "::g", 1, body, 0)).toBeUndefined();
});

test.each([
  ["63 with 25 octets of payload", `3f010004c0000201${"00".repeat(25)}`, 0, "too-short"],
  ["63 with 25 octets behind a MAC", `3f010004c0000201${"00".repeat(33)}`, 8, "too-short"],
  ["IPv6 of an IPv4 frame's length", `3f010010c0000201${"00".repeat(26)}`, 0, "too-short"],
  ["address of 5 octets", `3f010005c0000201${"00".repeat(40)}`, 0, "bad-address-length"],
  ["address of 0 octets", `3f010000${"00".repeat(40)}`, 0, "bad-address-length"],
  ["port 0", `3f000004c0000201${"00".repeat(26)}`, 0, "bad-port"],
  ["a DTLS record", `16fefd04c0000201${"00".repeat(26)}`, 0, "wrong-type"],
  ["nothing", "", 0, "wrong-type"],
] as const)("%s is refused: %s", (_name, bytes, macLength, defect) => {
  const frame = createForwardFrame();
  expect(decodeForwardFrame(hex(bytes), { macLength }, frame)).toBe(defect);
  expect(frame).toEqual(createForwardFrame());
});

test("exactly 26 octets of payload are the least that is taken", () => {
  const frame = createForwardFrame();
  const least = hex(`3f010004c0000201${"00".repeat(26)}`);
  expect(decodeForwardFrame(least, { macLength: 0 }, frame)).toBeUndefined();
});

test("reading forward frames never throws", () => {
  const frame = createForwardFrame();
  const start = fc.tuple(
    fc.constantFrom(58, 59, 62, 63),
    byte,
    byte,
    fc.constantFrom(4, 16, 0, 255),
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 70 }), (header, rest) => {
      decodeForwardFrame(Uint8Array.from([...header, ...rest]), { macLength: 8 }, frame);
    }),
  );
});

test("a Connection ID begins with its node, the rest is random", () => {
  const entropy = { fill: (target: Uint8Array) => void target.fill(0xee) };
  const layout = createCidLayout({ nodeId: 200, length: 6, entropy });
  const cid = new Uint8Array(6);
  layout.fill(cid);
  expect(cid).toEqual(hex("c8eeeeeeeeee"));
  const record = new Uint8Array([...new Uint8Array(11), ...cid]);
  expect(layout.nodeIdOf(record, 11)).toBe(200);
  expect(layout.nodeIdOf(record.subarray(0, 16), 11)).toBe(-1);
});

test.each([
  { nodeId: 256 },
  { nodeId: -1 },
  { nodeId: 1.5 },
  { nodeId: 1, length: 4 },
  { nodeId: 1, length: 33 },
])("the layout %o is refused", (options) => {
  const entropy = { fill: () => undefined };
  expect(() => createCidLayout({ ...options, entropy })).toThrow(WireUsageError);
});
