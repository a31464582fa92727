/*
 * What an attacker sends to a server of DTLS 1.2. Every next datagram differs from the last one, as far as its kind lets it;
 * the bytes are the same memory each time.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "@dtls-cluster/udp";

export const floodKinds = ["hello", "unknown-cid", "wrong-mac", "cookie-replay"] as const;
export type FloodKind = (typeof floodKinds)[number];

export interface Target {
  readonly address: string;
  readonly port: number;
  readonly psk: string;
}

const HEADER = 13;
const MESSAGE_HEADER = 12;
const RANDOM = HEADER + MESSAGE_HEADER + 2;
const CID = 11;
const CID_LENGTH = 6;
const FORGED_PAYLOAD = 40;
const ANSWER_TIMEOUT_MS = 5000;

/** Makes the datagrams of a kind, by number. @throws Error when the server does not answer. */
export async function floodDatagrams(
  kind: FloodKind,
  target: Target,
): Promise<(n: number) => Uint8Array> {
  switch (kind) {
    case "hello": {
      const hello = clientHello(new Uint8Array());
      return (n) => numbered(hello, RANDOM, n);
    }
    case "cookie-replay": {
      // Of one address; it comes back from all of them.
      const hello = clientHello(await cookieOf(target));
      return () => hello;
    }
    case "unknown-cid": {
      const record = forgedRecord(new Uint8Array(CID_LENGTH));
      return (n) => numbered(record, CID, n);
    }
    case "wrong-mac": {
      const record = forgedRecord(await connectionIdOf(target));
      return (n) => numbered(record, CID + CID_LENGTH + 4, n);
    }
  }
}

function numbered(datagram: Uint8Array, offset: number, n: number): Uint8Array {
  new DataView(datagram.buffer, datagram.byteOffset).setUint32(offset, n);
  return datagram;
}

/** A ClientHello in one record: TLS_PSK_WITH_AES_128_CCM_8, an empty connection_id. */
function clientHello(cookie: Uint8Array): Uint8Array {
  const suitesAndExtensions = [0, 2, 0xc0, 0xa8, 1, 0, 0, 5, 0, 54, 0, 1, 0];
  const random = new Uint8Array(32).fill(7);
  const body = [0xfe, 0xfd, ...random, 0, cookie.length, ...cookie, ...suitesAndExtensions];
  const sequence = cookie.length === 0 ? 0 : 1;
  const message = [1, 0, 0, body.length, 0, sequence, 0, 0, 0, 0, 0, body.length, ...body];
  return Uint8Array.from([
    22,
    0xfe,
    0xfd,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    sequence,
    0,
    message.length,
    ...message,
  ]);
}

/** A tls12_cid record of epoch 1 whose sequence number is ahead of all genuine ones. */
function forgedRecord(connectionId: Uint8Array): Uint8Array {
  const payload = new Uint8Array(FORGED_PAYLOAD).fill(9);
  const sequence = [0, 1, 0, 0, 1, 0, 0, 0];
  return Uint8Array.from([
    25,
    0xfe,
    0xfd,
    ...sequence,
    ...connectionId,
    0,
    payload.length,
    ...payload,
  ]);
}

/** The cookie of a HelloVerifyRequest (RFC 6347 section 4.2.1). */
async function cookieOf({ address, port }: Target): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  try {
    const answer = once(socket, "message", { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    socket.send(clientHello(new Uint8Array()), port, address);
    const [datagram] = (await answer) as [Buffer];
    const length = datagram[HEADER + MESSAGE_HEADER + 2] ?? 0;
    return datagram.subarray(HEADER + MESSAGE_HEADER + 3, HEADER + MESSAGE_HEADER + 3 + length);
  } finally {
    socket.close();
  }
}

/** The server's CID of a connection that is made for this, read from a record on its way. */
async function connectionIdOf({ address, port, psk }: Target): Promise<Uint8Array> {
  const relay = createSocket("udp4");
  const separator = psk.indexOf(":");
  try {
    relay.bind(0, "127.0.0.1");
    await once(relay, "listening");
    let clientPort = 0;
    let found: Uint8Array | undefined;
    relay.on("message", (datagram, from) => {
      if (from.port === port) {
        relay.send(datagram, clientPort, "127.0.0.1");
        return;
      }
      clientPort = from.port;
      // A flight holds further records before the first one with a CID.
      for (let at = 0; at + HEADER <= datagram.length; ) {
        if (datagram[at] === 25) {
          found = Uint8Array.from(datagram.subarray(at + CID, at + CID + CID_LENGTH));
          break;
        }
        at += HEADER + datagram.readUInt16BE(at + CID);
      }
      relay.send(datagram, port, address);
    });
    const identity = psk.slice(0, separator).replace("*", "flood");
    await connect({
      host: "127.0.0.1",
      port: relay.address().port,
      psk: { identity, key: psk.slice(separator + 1) },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (found === undefined) throw new Error("no record with a Connection ID came by");
    return found;
  } finally {
    relay.close();
  }
}
