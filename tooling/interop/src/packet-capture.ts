import type { ProxiedDatagram } from "./udp-proxy.ts";

const RAW_IP = 101;
const FILE_HEADER = 24;
const FRAME_HEADER = 16;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const UDP_PROTOCOL = 17;
const LOOPBACK = 0x7f000001;

/**
 * The datagrams of a proxy as a pcap file of UDP over IPv4, as if the client had spoken to `serverPort`
 * itself. Checksums are zero, which says that there are none.
 */
export function encodePcap(datagrams: readonly ProxiedDatagram[], serverPort: number): Uint8Array {
  const frames = datagrams.map((datagram) => encodeFrame(datagram, serverPort));
  const header = new DataView(new ArrayBuffer(FILE_HEADER));
  header.setUint32(0, 0xa1b2c3d4, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, 65_535, true);
  header.setUint32(20, RAW_IP, true);
  return Buffer.concat([new Uint8Array(header.buffer), ...frames]);
}

function encodeFrame(datagram: ProxiedDatagram, serverPort: number): Uint8Array {
  const { bytes, toServer, clientPort, timeMicros } = datagram;
  const udpLength = UDP_HEADER + bytes.length;
  const length = IP_HEADER + udpLength;
  const view = new DataView(new ArrayBuffer(FRAME_HEADER + length));
  view.setUint32(0, Math.floor(timeMicros / 1e6), true);
  view.setUint32(4, timeMicros % 1e6, true);
  view.setUint32(8, length, true);
  view.setUint32(12, length, true);
  const ip = FRAME_HEADER;
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, length);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, UDP_PROTOCOL);
  view.setUint32(ip + 12, LOOPBACK);
  view.setUint32(ip + 16, LOOPBACK);
  const udp = ip + IP_HEADER;
  view.setUint16(udp, toServer ? clientPort : serverPort);
  view.setUint16(udp + 2, toServer ? serverPort : clientPort);
  view.setUint16(udp + 4, udpLength);
  const frame = new Uint8Array(view.buffer);
  frame.set(bytes, udp + UDP_HEADER);
  return frame;
}
