export interface CapturedDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** Reads the UDP over IPv4 datagrams of a little-endian pcap file with Ethernet frames. */
export function readPcap(file: Uint8Array): CapturedDatagram[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4 || view.getUint32(20, true) !== 1) {
    throw new Error("not a little-endian pcap file with Ethernet frames");
  }
  const datagrams: CapturedDatagram[] = [];
  for (let at = 24; at < file.length; ) {
    const length = view.getUint32(at + 8, true);
    const ip = at + 16 + 14;
    const udp = ip + 4 * (view.getUint8(ip) & 0xf);
    datagrams.push({
      sourcePort: view.getUint16(udp),
      destinationPort: view.getUint16(udp + 2),
      payload: file.slice(udp + 8, udp + view.getUint16(udp + 4)),
    });
    at += 16 + length;
  }
  return datagrams;
}
