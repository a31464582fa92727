import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { pack, unpack } from "msgpackr";
import { StateError } from "../errors.ts";

/** Cost of deriving a key from a password. */
export interface ScryptCost {
  /** A power of two, up to 2^20. Memory is 128 * N * r bytes. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** About 32 MiB and some tenths of a second. */
export const DEFAULT_SCRYPT_COST: ScryptCost = { N: 2 ** 15, r: 8, p: 3 };

const MAGIC = "dtls-cluster-sealed";
const VERSION = 1;
const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const MAC_BYTES = 32;
const MAX_SCRYPT_MEMORY = 2 ** 28;
/** `[magic, version, N, r, p, salt]` has this length with the integers that costs can have. */
const MAX_HEADER_BYTES = 128;

/*
 * A sealed file:
 *
 *   length of the header (1 byte), header: MessagePack [magic, version, N, r, p, salt (32)]
 *   HMAC-SHA-256 of the header under the second half of the derived key (32 bytes)
 *   chunks: length (4 bytes, the highest bit set in the last), ciphertext, tag (16 bytes)
 *
 * AES-256-GCM under the first half; the nonce is the number of the chunk and whether it is the last
 * one, so that chunks cannot be swapped, dropped or cut off. Each file has its own salt and thereby
 * its own key.
 */

/** Encrypts `plain` as it is taken; memory is one chunk. @throws StateError for an empty password */
export async function* seal(
  plain: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  password: string,
  cost: ScryptCost = DEFAULT_SCRYPT_COST,
): AsyncGenerator<Uint8Array, void, void> {
  checkPassword(password);
  const header: Uint8Array = pack([MAGIC, VERSION, cost.N, cost.r, cost.p, randomBytes(32)]);
  const keys = await deriveKeys(password, header, cost);
  yield Uint8Array.of(header.length);
  yield header;
  yield headerMac(keys, header);
  let number = 0;
  let buffered: Uint8Array = new Uint8Array(0);
  for await (const part of plain) {
    buffered = Buffer.concat([buffered, part]);
    // The last chunk is known only when the plain text ends, so a full chunk waits for a next byte.
    while (buffered.length > CHUNK_BYTES) {
      yield sealChunk(keys, number, false, buffered.subarray(0, CHUNK_BYTES));
      buffered = buffered.subarray(CHUNK_BYTES);
      number += 1;
    }
  }
  yield sealChunk(keys, number, true, buffered);
}

/** True when `start` (its first 22 bytes or more) is of a file that {@link seal} wrote, in any version. */
export function isSealed(start: Uint8Array): boolean {
  const text = Buffer.from(start.buffer, start.byteOffset, start.length).toString("latin1", 3);
  return text.startsWith(MAGIC);
}

/** Decrypts what {@link seal} wrote; each part is authentic when it comes out. @throws StateError */
export async function* unseal(
  sealed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  password: string,
): AsyncGenerator<Uint8Array, void, void> {
  checkPassword(password);
  const source = new ByteSource(sealed);
  const headerLength = (await source.take(1))[0] ?? 0;
  const header = await source.take(Math.min(headerLength, MAX_HEADER_BYTES));
  const keys = await deriveKeys(password, header, parseHeader(header));
  const mac = await source.take(MAC_BYTES);
  if (!timingSafeEqual(mac, headerMac(keys, header))) {
    throw new StateError("STATE_PASSWORD", "wrong password, or the start of the file is damaged");
  }
  for (let number = 0; ; number += 1) {
    const word = Buffer.from(await source.take(LENGTH_BYTES)).readUInt32BE();
    const isLast = word >= 2 ** 31;
    const length = word % 2 ** 31;
    if (length > CHUNK_BYTES) throw corrupt(source, number);
    const body = await source.take(length + TAG_BYTES);
    yield openChunk(keys, number, isLast, body, source);
    if (isLast) break;
  }
  if (!(await source.isAtEnd())) {
    throw new StateError("STATE_CORRUPT", "bytes follow the end of the encrypted file");
  }
}

function parseHeader(header: Uint8Array): ScryptCost {
  let values: unknown;
  try {
    values = unpack(header);
  } catch (cause) {
    throw new StateError("STATE_FORMAT", "this is not an encrypted state file", { cause });
  }
  if (!Array.isArray(values) || values[0] !== MAGIC || !(values[5] instanceof Uint8Array)) {
    throw new StateError("STATE_FORMAT", "this is not an encrypted state file");
  }
  const [, version, N, r, p] = values as readonly unknown[];
  if (version !== VERSION) {
    const text = `the file's encryption has version ${version}, this program reads version ${VERSION}: use the program that wrote it, or a newer one`;
    throw new StateError("STATE_VERSION", text);
  }
  if (
    !isCost(N, 2 ** 20) ||
    !Number.isInteger(Math.log2(N)) ||
    !isCost(r, 64) ||
    !isCost(p, 64) ||
    128 * N * r > MAX_SCRYPT_MEMORY
  ) {
    throw new StateError("STATE_CORRUPT", "the file asks for an unreasonable key derivation");
  }
  return { N, r, p };
}

function isCost(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

/** @throws StateError when it is empty */
function checkPassword(password: string): void {
  if (password === "") throw new StateError("STATE_PASSWORD", "the password is empty: give one");
}

/** Encryption key and header key, 32 bytes each. The salt is the header, which holds a random part. */
function deriveKeys(password: string, header: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  const options: ScryptOptions = { N: cost.N, r: cost.r, p: cost.p, maxmem: 2 * MAX_SCRYPT_MEMORY };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), header, 64, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(new StateError("STATE_CORRUPT", "key derivation failed", { cause: error }));
    });
  });
}

function headerMac(keys: Buffer, header: Uint8Array): Buffer {
  return createHmac("sha256", keys.subarray(32)).update(header).digest();
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(number, 5, 6);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

function sealChunk(keys: Buffer, number: number, isLast: boolean, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", keys.subarray(0, 32), nonce(number, isLast));
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32BE(plain.length + (isLast ? 2 ** 31 : 0));
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openChunk(
  keys: Buffer,
  number: number,
  isLast: boolean,
  body: Uint8Array,
  source: ByteSource,
): Uint8Array {
  const end = body.length - TAG_BYTES;
  const key = keys.subarray(0, 32);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce(number, isLast), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(body.subarray(end));
  const plain = decipher.update(body.subarray(0, end));
  try {
    decipher.final();
  } catch {
    throw corrupt(source, number);
  }
  return plain;
}

function corrupt(source: ByteSource, number: number): StateError {
  const text = `chunk ${number + 1} of the encrypted file is damaged, before byte ${source.offset}`;
  return new StateError("STATE_CORRUPT", text);
}

/** Takes exact numbers of bytes from chunks of any size. */
class ByteSource {
  readonly #parts: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  offset = 0;

  constructor(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.#parts =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async take(length: number): Promise<Uint8Array> {
    while (this.#rest.length < length) {
      if (!(await this.#more())) {
        const text = `the encrypted file ends early, at byte ${this.offset + this.#rest.length}`;
        throw new StateError("STATE_TRUNCATED", text);
      }
    }
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.offset += length;
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) if (!(await this.#more())) return true;
    return false;
  }

  async #more(): Promise<boolean> {
    const next = await this.#parts.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }
}
