import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";

export type Side = "client" | "server";

/** TLS_PSK_WITH_AES_128_GCM_SHA256 (RFC 5487 section 2). */
export const suiteId = 0x00a8;
const FINISHED_LENGTH = 12;
const TAG_LENGTH = 16;
const HEADER_LENGTH = 11;
const TLS12_CID = 25;

export interface Plain {
  readonly type: number;
  readonly content: Uint8Array;
}

/**
 * The keys of one PSK session, written from RFC 5246, RFC 4279, RFC 5288 and RFC 9146 over node:crypto alone, so that
 * a mistake of the engine has no twin here.
 */
export class Session {
  readonly #master: Uint8Array;
  readonly #keys: Readonly<Record<Side, { readonly key: Uint8Array; readonly salt: Uint8Array }>>;

  constructor(psk: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array) {
    const length = Uint8Array.of(0, psk.length);
    const zeros = new Uint8Array(psk.length);
    const premaster = Buffer.concat([length, zeros, length, psk]);
    this.#master = prf(premaster, "master secret", [clientRandom, serverRandom], 48);
    const block = prf(this.#master, "key expansion", [serverRandom, clientRandom], 40);
    this.#keys = {
      client: { key: block.subarray(0, 16), salt: block.subarray(32, 36) },
      server: { key: block.subarray(16, 32), salt: block.subarray(36, 40) },
    };
  }

  /** The body of a Finished (RFC 5246 section 7.4.9) over messages with their headers (RFC 6347 section 4.2.6). */
  finished(side: Side, transcript: readonly Uint8Array[]): Uint8Array {
    const hash = createHash("sha256").update(Buffer.concat(transcript)).digest();
    return prf(this.#master, `${side} finished`, [hash], FINISHED_LENGTH);
  }

  /** A record of epoch 1, a tls12_cid one when there is a CID. */
  seal(side: Side, { type, content }: Plain, sequence: number, cid: Uint8Array): Uint8Array {
    const inner = cid.length > 0 ? Buffer.concat([content, Uint8Array.of(type)]) : content;
    const outerType = cid.length > 0 ? TLS12_CID : type;
    const number = Uint8Array.of(0, 1, 0, 0, 0, 0, sequence >> 8, sequence & 0xff);
    const { key, salt } = this.#keys[side];
    const cipher = createCipheriv("aes-128-gcm", key, Buffer.concat([salt, number]));
    cipher.setAAD(additionalData(outerType, number, cid, inner.length));
    const sealed = [cipher.update(inner), cipher.final(), cipher.getAuthTag()];
    const body = Buffer.concat([number, ...sealed]);
    const length = Uint8Array.of(body.length >> 8, body.length & 0xff);
    return Buffer.concat([Uint8Array.of(outerType, 0xfe, 0xfd), number, cid, length, body]);
  }

  /** What a record of epoch 1 holds; undefined when it is not authentic. */
  open(side: Side, record: Uint8Array, cid: Uint8Array): Plain | undefined {
    const outerType = record[0] ?? 0;
    const number = record.subarray(3, HEADER_LENGTH);
    const body = record.subarray(HEADER_LENGTH + (outerType === TLS12_CID ? cid.length : 0) + 2);
    const { key, salt } = this.#keys[side];
    const length = body.length - number.length - TAG_LENGTH;
    const nonce = Buffer.concat([salt, body.subarray(0, number.length)]);
    const cipher = createDecipheriv("aes-128-gcm", key, nonce);
    const used = outerType === TLS12_CID ? cid : new Uint8Array(0);
    cipher.setAAD(additionalData(outerType, number, used, length));
    cipher.setAuthTag(body.subarray(-TAG_LENGTH));
    const inner = cipher.update(body.subarray(number.length, number.length + length));
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    if (outerType !== TLS12_CID) return { type: outerType, content: inner };
    let end = inner.length - 1;
    while (end > 0 && inner[end] === 0) end -= 1;
    return { type: inner[end] ?? 0, content: inner.subarray(0, end) };
  }
}

/** RFC 5246 section 6.2.3.3, and RFC 9146 section 5.3 for records with a CID. */
function additionalData(
  type: number,
  number: Uint8Array,
  cid: Uint8Array,
  length: number,
): Uint8Array {
  const tail = Uint8Array.of(length >> 8, length & 0xff);
  if (type !== TLS12_CID) return Buffer.concat([number, Uint8Array.of(type, 0xfe, 0xfd), tail]);
  const head = [...new Array<number>(8).fill(0xff), TLS12_CID, cid.length, TLS12_CID, 0xfe, 0xfd];
  return Buffer.concat([Uint8Array.from(head), number, cid, tail]);
}

/** RFC 5246 section 5. */
function prf(
  secret: Uint8Array,
  label: string,
  seeds: readonly Uint8Array[],
  length: number,
): Uint8Array {
  const seed = Buffer.concat([Buffer.from(label), ...seeds]);
  const out: Uint8Array[] = [];
  let a: Uint8Array = seed;
  for (let size = 0; size < length; size += 32) {
    a = createHmac("sha256", secret).update(a).digest();
    out.push(createHmac("sha256", secret).update(a).update(seed).digest());
  }
  return Buffer.concat(out).subarray(0, length);
}
