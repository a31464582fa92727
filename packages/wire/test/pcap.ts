import { readFileSync } from "node:fs";

export interface Captured {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** The UDP datagrams of a little-endian pcap file with Ethernet frames and IPv4. */
export function readCapture(name: string): Captured[] {
  const file = readFileSync(new URL(`./vectors/${name}`, import.meta.url));
  const datagrams: Captured[] = [];
  let offset = 24;
  while (offset + 16 <= file.length) {
    const length = file.readUInt32LE(offset + 8);
    const frame = file.subarray(offset + 16, offset + 16 + length);
    offset += 16 + length;
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17) continue;
    const udp = 14 + 4 * ((frame[14] ?? 0) & 15);
    const udpLength = frame.readUInt16BE(udp + 4);
    datagrams.push({
      sourcePort: frame.readUInt16BE(udp),
      destinationPort: frame.readUInt16BE(udp + 2),
      payload: new Uint8Array(frame.subarray(udp + 8, udp + udpLength)),
    });
  }
  return datagrams;
}

const clusterPorts = new Set([15884, 25884, 35884]);

/** The datagrams between the cluster ports of the three captured nodes. */
export function readClusterCapture(name: string): Captured[] {
  return readCapture(name).filter(
    (entry) => clusterPorts.has(entry.sourcePort) && clusterPorts.has(entry.destinationPort),
  );
}
