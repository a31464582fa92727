import { suiteId } from "./session.ts";

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;

export const MessageType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverHelloDone: 14,
  clientKeyExchange: 16,
  finished: 20,
} as const;

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(MessageType).map(([name, type]) => [
    type,
    `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  ]),
);

export function messageName(type: number | undefined): string {
  return names.get(type ?? -1) ?? `message ${type}`;
}

/** A record of epoch 0 (RFC 6347 section 4.1). */
export function plainRecord(type: number, sequence: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const number = [0, 0, 0, 0, 0, 0, sequence >> 8, sequence & 0xff];
  return Uint8Array.of(type, 0xfe, 0xfd, ...number, length >> 8, length & 0xff, ...content);
}

/** A handshake message in one piece (RFC 6347 section 4.2.2). */
export function message(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const length = [0, body.length >> 8, body.length & 0xff];
  return Uint8Array.of(type, ...length, 0, sequence, 0, 0, 0, ...length, ...body);
}

export function clientHello(random: Uint8Array, cookie: Uint8Array, cid: Uint8Array): Uint8Array {
  const suites = [0, 4, suiteId >> 8, suiteId & 0xff, 0, 0xff];
  return Uint8Array.of(
    ...[0xfe, 0xfd, ...random, 0, cookie.length, ...cookie, ...suites, 1, 0],
    ...extensions(cid),
  );
}

export function serverHello(random: Uint8Array, cid: Uint8Array): Uint8Array {
  const fixed = [0xfe, 0xfd, ...random, 0, suiteId >> 8, suiteId & 0xff, 0];
  return Uint8Array.of(...fixed, ...extensions(cid));
}

/** connection_id (RFC 9146 section 3) and nothing else. */
function extensions(cid: Uint8Array): number[] {
  return [0, cid.length + 5, 0, 54, 0, cid.length + 1, cid.length, ...cid];
}

export function helloVerifyRequest(cookie: Uint8Array): Uint8Array {
  return Uint8Array.of(0xfe, 0xfd, cookie.length, ...cookie);
}

export function clientKeyExchange(identity: Uint8Array): Uint8Array {
  return Uint8Array.of(0, identity.length, ...identity);
}

/** The random and the CID of a hello, without its 12 bytes of header. */
export function readServerHello(body: Uint8Array): { random: Uint8Array; cid: Uint8Array } {
  const sessionId = body[34] ?? 0;
  return { random: body.slice(2, 34), cid: connectionIdIn(body.subarray(38 + sessionId)) };
}

export function readClientHello(body: Uint8Array): { random: Uint8Array; cid: Uint8Array } {
  let at = 35 + (body[34] ?? 0);
  at += 1 + (body[at] ?? 0);
  at += 2 + (((body[at] ?? 0) << 8) | (body[at + 1] ?? 0));
  at += 1 + (body[at] ?? 0);
  return { random: body.slice(2, 34), cid: connectionIdIn(body.subarray(at)) };
}

function connectionIdIn(block: Uint8Array): Uint8Array {
  for (let at = 2; at + 4 <= block.length; ) {
    const type = ((block[at] ?? 0) << 8) | (block[at + 1] ?? 0);
    const length = ((block[at + 2] ?? 0) << 8) | (block[at + 3] ?? 0);
    if (type === 54) return block.slice(at + 5, at + 4 + length);
    at += 4 + length;
  }
  return new Uint8Array(0);
}

/** The records of a datagram; `cidLength` is that of the receiver's CID. */
export function* recordsOf(datagram: Uint8Array, cidLength: number): Generator<Uint8Array> {
  for (let at = 0; at < datagram.length; ) {
    const lengthAt = at + 11 + (datagram[at] === 25 ? cidLength : 0);
    const end = lengthAt + 2 + (((datagram[lengthAt] ?? 0) << 8) | (datagram[lengthAt + 1] ?? 0));
    yield datagram.subarray(at, end);
    at = end;
  }
}
