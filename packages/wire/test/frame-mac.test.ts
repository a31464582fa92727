import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  clusterKeyBlockLength,
  clusterMacKeys,
  frameMacInput,
  sealFrameMac,
  verifyFrameMac,
} from "../src/index.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const key = hex("000102030405060708090a0b0c0d0e0f");
const hmac = (covered: Uint8Array) => createHmac("sha256", key).update(covered).digest();

const ipv4 = "3fcdab04c0000201";
const ipv6 = "3fcdab1020010db8000000000000000000000001";
/** Produced by Californium's own calculation. */
const vectors: [string, number, string][] = [
  [ipv4, 1, "99660beeba49a600"],
  [ipv4, 26, "8252aa712c725c80"],
  [ipv4, 44, "64df17a5c8576155"],
  [ipv4, 45, "f9fd53674a909bd9"],
  [ipv4, 56, "f511f95b733e885d"],
  [ipv4, 57, "c24afd60b1098a37"],
  [ipv4, 64, "3d1d1ad81614d4c2"],
  [ipv4, 100, "7bfcba5e89df5aa1"],
  [ipv6, 1, "609649bdad80c8e1"],
  [ipv6, 26, "34ca4e16186693c3"],
  [ipv6, 44, "b7da99358b1cfe88"],
  [ipv6, 45, "628b081a571bd018"],
  [ipv6, 56, "f8959d51fe0c061a"],
  [ipv6, 57, "745d0f11c0dad727"],
  [ipv6, 64, "d42275c20e15c4e4"],
  [ipv6, 100, "816b4bb50f8f9545"],
];

function frameOf(header: string, payloadLength: number): Uint8Array {
  const start = hex(header);
  const frame = new Uint8Array(start.length + 8 + payloadLength);
  frame.set(start);
  for (let index = 0; index < payloadLength; index++) {
    frame[start.length + 8 + index] = 0x40 + index;
  }
  return frame;
}

test.each(vectors)("header %s with %i octets has the MAC %s", (header, length, mac) => {
  const frame = frameOf(header, length);
  const macOffset = header.length / 2;
  sealFrameMac(frame, macOffset, hmac);
  expect(Buffer.from(frame.subarray(macOffset, macOffset + 8)).toString("hex")).toBe(mac);
  expect(verifyFrameMac(frame, macOffset, hmac)).toBe(true);
});

test("any changed octet of the header, the MAC or the payload's ends is noticed", () => {
  const frame = frameOf(ipv4, 100);
  sealFrameMac(frame, 8, hmac);
  for (let index = 0; index < frame.length; index++) {
    const forged = frame.slice();
    forged[index] = (forged[index] ?? 0) ^ 1;
    const isCovered = index < 48 || index >= frame.length - 32;
    expect(verifyFrameMac(forged, 8, hmac)).toBe(!isCovered);
  }
});

test("a frame without payload, or a MAC that is too short, never verifies", () => {
  expect(verifyFrameMac(frameOf(ipv4, 0), 8, hmac)).toBe(false);
  expect(verifyFrameMac(frameOf(ipv4, 30), 8, () => new Uint8Array(4))).toBe(false);
});

test("the covered octets are the header and at most 64 of the payload", () => {
  expect(frameMacInput(frameOf(ipv4, 56), 8).length).toBe(64);
  expect(frameMacInput(frameOf(ipv4, 57), 8).length).toBe(72);
  expect(frameMacInput(frameOf(ipv6, 45), 20).length).toBe(84);
});

test("the keys of an AES-128 AEAD channel start at the server's IV", () => {
  const lengths = { macKey: 0, encryptionKey: 16, fixedIv: 4 };
  const block = hex(
    "c19ab805f36be540197aab1c99ebac00376451e4b35ea2920695a213f007f44685760b871eeab0b8" +
      "3f94d886b917af92211965c15bc70d6b54926f4062534092d222ad859437e0d0",
  );
  expect(clusterKeyBlockLength(lengths)).toBe(72);
  expect(block.length).toBe(72);
  const keys = clusterMacKeys(block, lengths);
  expect(keys.client).toEqual(hex("1eeab0b83f94d886b917af92211965c1"));
  expect(keys.server).toEqual(hex("5bc70d6b54926f4062534092d222ad85"));
});

test("the captured forward and backward datagrams verify under their printed keys", () => {
  const cases = [
    [
      "b8e9fc184f0c72ca71c239a9576a9e4b",
      "3f8582047f00000148c9a62f12ffc7d219fefd0001000000000002014820deeb240031000100000000000293" +
        "5932dd5ddc9b107c9a99fb379dba6300b50c8a15ce6d8a370ebb14379d2e5009a27cd274a3876f80",
    ],
    [
      "e0ae41efe5324308d11777dd01eadf08",
      "3e8582047f000001502076661a2283dc17fefd0001000000000002004600010000000000024abc4c813b9b46c8" +
        "27cd0a85276120c3b332c453dff8189e96501982091d02f3182915b75da4410ff392ba6df0424730dfae3d14fa" +
        "334b817f9fd901362d",
    ],
  ];
  for (const [macKey = "", frame = ""] of cases) {
    const under = (covered: Uint8Array) =>
      createHmac("sha256", hex(macKey)).update(covered).digest();
    expect(verifyFrameMac(hex(frame), 8, under)).toBe(true);
  }
});
