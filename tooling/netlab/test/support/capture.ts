export interface Captured {
  readonly payload: Uint8Array;
  readonly from: readonly [address: string, port: number];
  readonly to: readonly [address: string, port: number];
}

const CLIENT = ["192.168.7.2", 40_000] as const;
const SERVICE = ["10.96.0.10", 5784] as const;

export const toService = (payload: Uint8Array): Captured => ({
  payload,
  from: CLIENT,
  to: SERVICE,
});
export const toClient = (payload: Uint8Array): Captured => ({
  payload,
  from: SERVICE,
  to: CLIENT,
});

/** A capture file as tcpdump writes it; bare payloads go from a client to the service. */
export function capture(datagrams: readonly (Captured | Buffer)[], isLittleEndian = true): Buffer {
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (isLittleEndian) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const header = [uint32(0xa1b2c3d4), Buffer.alloc(12), uint32(262_144), uint32(1)];
  const packets = datagrams.map((datagram) => {
    const frame = frameOf(Buffer.isBuffer(datagram) ? toService(datagram) : datagram);
    const lengths = [uint32(frame.length), uint32(frame.length)];
    return Buffer.concat([Buffer.alloc(8), ...lengths, frame]);
  });
  return Buffer.concat([...header, ...packets]);
}

function frameOf({ payload, from, to }: Captured): Buffer {
  const ethernet = Buffer.concat([Buffer.alloc(12), Buffer.from([0x08, 0x00])]);
  const addresses = [from[0], to[0]].flatMap((address) => address.split(".").map(Number));
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, ...addresses]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(from[1], 0);
  udp.writeUInt16BE(to[1], 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([ethernet, ip, udp, payload]);
}
