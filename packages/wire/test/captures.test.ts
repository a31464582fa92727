import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  clusterKeyBlockLength,
  clusterMacKeys,
  createForwardFrame,
  decodeForwardFrame,
  decodePingFrame,
  encodeForwardFrame,
  encodePingFrame,
  FrameType,
  isForwardOrBackward,
  isPingOrPong,
  sealFrameMac,
  verifyFrameMac,
} from "../src/index.ts";
import { readClusterCapture } from "./pcap.ts";

const captures = [
  { name: "cluster-static.pcap", macLength: 0, pings: 0 },
  { name: "cluster-mgmt-udp.pcap", macLength: 0, pings: 20 },
  { name: "cluster-mgmt-dtls.pcap", macLength: 0, pings: 0 },
  { name: "cluster-mgmt-dtls-mac.pcap", macLength: 8, pings: 0 },
] as const;

test.each(captures)("$name: every frame reads and writes to the same octets", (capture) => {
  const frame = createForwardFrame();
  const counts = { forward: 0, backward: 0, ping: 0, pong: 0 };
  for (const { payload } of readClusterCapture(capture.name)) {
    if (isForwardOrBackward(payload)) {
      const { macLength } = capture;
      expect(decodeForwardFrame(payload, { macLength }, frame)).toBeUndefined();
      expect(frame.address).toBe("127.0.0.1");
      const inner = payload.subarray(frame.payloadOffset);
      const again = encodeForwardFrame(frame.type, frame.address, frame.port, inner, macLength);
      again?.set(payload.subarray(frame.macOffset, frame.payloadOffset), frame.macOffset);
      expect(again).toEqual(payload);
      if (frame.type === FrameType.forward) counts.forward++;
      if (frame.type === FrameType.backward) counts.backward++;
    } else if (isPingOrPong(payload)) {
      const ping = decodePingFrame(payload);
      if (typeof ping === "string") throw new Error(ping);
      expect(ping.nodeId).toBeGreaterThanOrEqual(1);
      expect(ping.nodeId).toBeLessThanOrEqual(3);
      expect(ping.tail).toBeUndefined();
      expect(encodePingFrame(ping)).toEqual(payload);
      if (ping.type === FrameType.ping) counts.ping++;
      else counts.pong++;
    }
  }
  expect(counts.forward).toBe(15);
  expect(counts.backward).toBe(15);
  // Two pings went to nodes that were not up yet.
  expect(counts.ping).toBe(capture.pings);
  expect(counts.pong).toBe(Math.max(0, capture.pings - 2));
});

/** P_SHA256 of RFC 5246 section 5. */
function expand(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const hmac = (data: Uint8Array) => createHmac("sha256", secret).update(data).digest();
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  let a = hmac(labelled);
  let output = Buffer.alloc(0);
  while (output.length < length) {
    output = Buffer.concat([output, hmac(Buffer.concat([a, labelled]))]);
    a = hmac(a);
  }
  return new Uint8Array(output.subarray(0, length));
}

function hmacUnder(key: Uint8Array) {
  return (covered: Uint8Array) => createHmac("sha256", key).update(covered).digest();
}

test("cluster-mgmt-dtls-mac.pcap: all 30 MACs verify under keys from its key log", () => {
  const lengths = { macKey: 0, encryptionKey: 16, fixedIv: 4 };
  const lines = readFileSync(
    new URL("./vectors/cluster-mgmt-dtls-mac.keys.txt", import.meta.url),
    "utf8",
  );
  const secrets = new Map(
    lines
      .trim()
      .split("\n")
      .map((line) => line.toLowerCase().split(" "))
      .map(([, random, secret]) => [random ?? "", Buffer.from(secret ?? "", "hex")]),
  );
  const clientRandoms = new Map<string, Uint8Array>();
  const writeKeys = new Map<string, Uint8Array>();
  let verified = 0;
  for (const { sourcePort, destinationPort, payload } of readClusterCapture(
    "cluster-mgmt-dtls-mac.pcap",
  )) {
    const way = `${sourcePort} ${destinationPort}`;
    const back = `${destinationPort} ${sourcePort}`;
    const random = payload.subarray(27, 59);
    if (payload[0] === 22 && payload[13] === 1) clientRandoms.set(way, random);
    if (payload[0] === 22 && payload[13] === 2) {
      const clientRandom = clientRandoms.get(back) ?? new Uint8Array();
      const secret = secrets.get(Buffer.from(clientRandom).toString("hex")) ?? new Uint8Array();
      const seed = Buffer.concat([random, clientRandom]);
      const block = expand(secret, "key expansion", seed, clusterKeyBlockLength(lengths));
      const keys = clusterMacKeys(block, lengths);
      writeKeys.set(way, keys.server);
      writeKeys.set(back, keys.client);
    }
    if (!isForwardOrBackward(payload)) continue;
    const hmac = hmacUnder(writeKeys.get(way) ?? new Uint8Array());
    expect(verifyFrameMac(payload, 8, hmac)).toBe(true);
    const sealed = payload.slice();
    sealed.fill(0, 8, 16);
    expect(verifyFrameMac(sealed, 8, hmac)).toBe(false);
    sealFrameMac(sealed, 8, hmac);
    expect(sealed).toEqual(payload);
    verified++;
  }
  expect(verified).toBe(30);
});
