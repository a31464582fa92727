import { describe, expect, it } from "vitest";
import { PcapReader } from "../src/tap/pcap.ts";
import { capture } from "./support/capture.ts";

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
