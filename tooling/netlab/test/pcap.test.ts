import { describe, expect, it } from "vitest";
import { PcapReader } from "../src/tap/pcap.ts";

const CLIENT = [192, 168, 7, 2];
const SERVICE = [10, 96, 0, 10];

/** A capture file with these UDP payloads, from a client to the service. */
function capture(payloads: readonly Buffer[], isLittleEndian = true): Buffer {
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (isLittleEndian) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const header = [uint32(0xa1b2c3d4), Buffer.alloc(12), uint32(262_144), uint32(1)];
  const packets = payloads.map((payload) => {
    const frame = frameOf(payload);
    const lengths = [uint32(frame.length), uint32(frame.length)];
    return Buffer.concat([Buffer.alloc(8), ...lengths, frame]);
  });
  return Buffer.concat([...header, ...packets]);
}

function frameOf(payload: Buffer, protocol = 17): Buffer {
  const ethernet = Buffer.concat([Buffer.alloc(12), Buffer.from([0x08, 0x00])]);
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, ...CLIENT, ...SERVICE]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(40_000, 0);
  udp.writeUInt16BE(5784, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([ethernet, ip, udp, payload]);
}

function readAll(file: Buffer, chunkLength = file.length): string[] {
  const seen: string[] = [];
  const reader = new PcapReader((payload, from, to) => {
    const text = Buffer.from(payload).toString();
    seen.push(`${from.address}:${from.port} ${to.address}:${to.port} ${text}`);
  });
  for (let start = 0; start < file.length; start += chunkLength) {
    reader.push(file.subarray(start, start + chunkLength));
  }
  reader.end();
  return seen;
}

describe("PcapReader", () => {
  const payloads = ["one", "", "three"].map((text) => Buffer.from(text));
  const expected = ["one", "", "three"].map((text) => `192.168.7.2:40000 10.96.0.10:5784 ${text}`);

  it.each([1, 7, 24, 1000])("reads datagrams in chunks of %i bytes", (length) => {
    expect(readAll(capture(payloads), length)).toEqual(expected);
  });

  it("reads files of the other byte order", () => {
    expect(readAll(capture(payloads, false))).toEqual(expected);
  });

  it("passes over what is not UDP", () => {
    const file = capture([Buffer.from("one")]);
    file[24 + 16 + 14 + 9] = 6;
    expect(readAll(file)).toEqual([]);
  });

  it("passes over datagrams that are cut off", () => {
    const file = capture([Buffer.from("one")]);
    file.writeUInt16BE(100, 24 + 16 + 14 + 20 + 4);
    expect(readAll(file)).toEqual([]);
  });

  it("says when the file ends within a packet, or is no capture", () => {
    const file = capture(payloads);
    expect(() => readAll(file.subarray(0, file.length - 1))).toThrow("the capture is cut off");
    expect(() => readAll(Buffer.alloc(40, 1))).toThrow("no capture file");
  });
});
