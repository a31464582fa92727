import { LabError } from "../lab-error.ts";

/** One captured UDP datagram. `payload` is valid only during the call. */
export type DatagramReceiver = (
  payload: Uint8Array,
  from: { readonly address: string; readonly port: number },
  to: { readonly address: string; readonly port: number },
) => void;

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const ETHERNET = 1;
const ETHERNET_HEADER = 14;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const UDP_HEADER = 8;

/**
 * Reads the UDP datagrams over IPv4 of a capture file as tcpdump writes it on this machine: Ethernet, either
 * byte order. Anything else in it is passed over.
 */
export class PcapReader {
  readonly #receive: DatagramReceiver;
  #rest: Buffer = Buffer.alloc(0);
  #isLittleEndian = true;
  #hasHeader = false;
  #datagrams = 0;

  constructor(receive: DatagramReceiver) {
    this.#receive = receive;
  }

  get datagrams(): number {
    return this.#datagrams;
  }

  /** Takes the next bytes of the file. @throws LabError when it is no such file. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    if (!this.#hasHeader) {
      if (bytes.length < FILE_HEADER) {
        this.#rest = bytes;
        return;
      }
      this.#readHeader(bytes);
      start = FILE_HEADER;
    }
    while (start + PACKET_HEADER <= bytes.length) {
      const end = start + PACKET_HEADER + this.#uint32(bytes, start + 8);
      if (end > bytes.length) break;
      this.#readFrame(bytes, start + PACKET_HEADER, end);
      start = end;
    }
    this.#rest = bytes.subarray(start);
  }

  /** @throws LabError when the file ends within a packet. */
  end(): void {
    if (!this.#hasHeader || this.#rest.length > 0) throw new LabError("the capture is cut off");
  }

  #readHeader(bytes: Buffer): void {
    const magics = [MAGIC_MICROSECONDS, MAGIC_NANOSECONDS];
    this.#isLittleEndian = magics.includes(bytes.readUInt32LE(0));
    if (!this.#isLittleEndian && !magics.includes(bytes.readUInt32BE(0))) {
      throw new LabError("this is no capture file in pcap format");
    }
    const linkType = this.#uint32(bytes, 20);
    if (linkType !== ETHERNET) throw new LabError(`link type ${linkType} is not Ethernet`);
    this.#hasHeader = true;
  }

  #readFrame(bytes: Buffer, start: number, end: number): void {
    const ip = start + ETHERNET_HEADER;
    if (ip + 20 > end || bytes.readUInt16BE(ip - 2) !== ETHERTYPE_IPV4) return;
    const udp = ip + 4 * (bytes.readUInt8(ip) & 0x0f);
    if (bytes.readUInt8(ip + 9) !== PROTOCOL_UDP || udp + UDP_HEADER > end) return;
    const payloadEnd = udp + bytes.readUInt16BE(udp + 4);
    if (payloadEnd > end) return;
    this.#datagrams += 1;
    this.#receive(
      bytes.subarray(udp + UDP_HEADER, payloadEnd),
      { address: address(bytes, ip + 12), port: bytes.readUInt16BE(udp) },
      { address: address(bytes, ip + 16), port: bytes.readUInt16BE(udp + 2) },
    );
  }

  #uint32(bytes: Buffer, at: number): number {
    return this.#isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}

function address(bytes: Buffer, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}
