import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
} from "node:crypto";
import { CaliforniumStateError } from "../californium/errors.ts";
import { startsAsCaliforniumStream } from "../californium/stream.ts";

/** How a file of Californium is encrypted. */
export type CaliforniumCipher =
  | "aes-128-gcm"
  | "aes-256-gcm"
  | "aes-128-cbc"
  | "aes-256-cbc"
  | "aria-128-gcm"
  | "aria-256-gcm";

/** Text, or the bytes that Californium's command line takes in base64. */
export type CaliforniumPassword = string | Uint8Array;

const ids: Readonly<Record<CaliforniumCipher, number>> = {
  "aes-128-cbc": 0x0201,
  "aes-256-cbc": 0x0202,
  "aes-128-gcm": 0x0301,
  "aes-256-gcm": 0x0302,
  "aria-128-gcm": 0x0401,
  "aria-256-gcm": 0x0402,
};

const PLAIN = 0x00;
/** Files of older versions begin with the length of the seed; their cipher is AES-128-CBC. */
const LEGACY = 0x10;
const SEED_BYTES = 16;
const IV_BYTES = 16;
const TAG_BYTES = 16;

/**
 * The content of a file: a mark and the plain stream, or, with a password, the cipher, a seed and the encrypted
 * stream. The password is not stretched: use a long random one.
 */
export function sealCaliforniumState(
  plain: Uint8Array,
  password?: CaliforniumPassword,
  cipher: CaliforniumCipher = "aes-128-gcm",
): Uint8Array {
  if (password === undefined) return Buffer.concat([Uint8Array.of(PLAIN), plain]);
  const id = ids[cipher];
  const seed = randomBytes(SEED_BYTES);
  const head = Uint8Array.of(id >> 8, id & 0xff, SEED_BYTES);
  const { key, iv } = deriveKey(password, seed, cipher);
  if (isGcm(cipher)) {
    const sealing = createCipheriv(cipher, key, iv, { authTagLength: TAG_BYTES });
    const parts = [sealing.update(plain), sealing.final()];
    return Buffer.concat([head, seed, ...parts, sealing.getAuthTag()]);
  }
  const sealing = createCipheriv(cipher, key, iv);
  return Buffer.concat([head, seed, sealing.update(plain), sealing.final()]);
}

/**
 * The plain stream of a file's content. A file that is not encrypted is refused when there is a password, because
 * anyone could have put it there.
 * @throws CaliforniumStateError: CALIFORNIUM_PASSWORD, CALIFORNIUM_VERSION (an unknown cipher), CALIFORNIUM_TRUNCATED
 */
export function unsealCaliforniumState(
  content: Uint8Array,
  password?: CaliforniumPassword,
): Uint8Array {
  const first = content[0];
  if (first === undefined) throw truncated();
  if (first === PLAIN) {
    if (password === undefined) return content.subarray(1);
    throw passwordError("it is not encrypted: read it without a password");
  }
  const cipher = first === LEGACY ? "aes-128-cbc" : cipherOf(content);
  if (password === undefined) throw passwordError("it is encrypted: give its password");
  const seedAt = first === LEGACY ? 1 : 3;
  if (content[seedAt - 1] !== SEED_BYTES) {
    const text = `its seed has ${content[seedAt - 1]} bytes instead of ${SEED_BYTES}`;
    throw content.length < seedAt
      ? truncated()
      : new CaliforniumStateError("CALIFORNIUM_CORRUPT", text);
  }
  const seed = content.subarray(seedAt, seedAt + SEED_BYTES);
  const body = content.subarray(seedAt + SEED_BYTES);
  if (body.length < IV_BYTES) throw truncated();
  const plain = decrypt(cipher, password, seed, body);
  if (!startsAsCaliforniumStream(plain)) throw wrongPassword();
  return plain;
}

function cipherOf(content: Uint8Array): CaliforniumCipher {
  const id = ((content[0] ?? 0) << 8) | (content[1] ?? 0);
  for (const cipher of Object.keys(ids) as CaliforniumCipher[]) {
    if (ids[cipher] === id) return cipher;
  }
  const text = `this is no saved state, or it is encrypted with the unknown cipher 0x${id.toString(16).padStart(4, "0")}`;
  throw new CaliforniumStateError("CALIFORNIUM_VERSION", text);
}

function decrypt(
  cipher: CaliforniumCipher,
  password: CaliforniumPassword,
  seed: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  const { key, iv } = deriveKey(password, seed, cipher);
  try {
    if (!isGcm(cipher)) {
      const opening = createDecipheriv(cipher, key, iv);
      return Buffer.concat([opening.update(body), opening.final()]);
    }
    const opening = createDecipheriv(cipher, key, iv, { authTagLength: TAG_BYTES });
    const end = body.length - TAG_BYTES;
    opening.setAuthTag(body.subarray(end));
    return Buffer.concat([opening.update(body.subarray(0, end)), opening.final()]);
  } catch {
    throw wrongPassword();
  }
}

/** Node.js has ARIA in this mode as well, but its types do not say so. */
function isGcm(cipher: string): cipher is CipherGCMTypes {
  return cipher.endsWith("-gcm");
}

/** The output of RFC 5246's P_SHA256 (section 5) for "key expansion" and the seed: the key, then 16 bytes of IV. */
function deriveKey(
  password: CaliforniumPassword,
  seed: Uint8Array,
  cipher: CaliforniumCipher,
): { readonly key: Buffer; readonly iv: Buffer } {
  const secret = typeof password === "string" ? Buffer.from(password, "utf8") : password;
  if (secret.length === 0) throw passwordError("the password is empty: give one");
  const keyBytes = cipher.includes("256") ? 32 : 16;
  const labelled = Buffer.concat([Buffer.from("key expansion"), seed]);
  const hmac = (...parts: Uint8Array[]): Buffer =>
    createHmac("sha256", secret).update(Buffer.concat(parts)).digest();
  let output = Buffer.alloc(0);
  let chain = hmac(labelled);
  while (output.length < keyBytes + IV_BYTES) {
    output = Buffer.concat([output, hmac(chain, labelled)]);
    chain = hmac(chain);
  }
  return { key: output.subarray(0, keyBytes), iv: output.subarray(keyBytes, keyBytes + IV_BYTES) };
}

function truncated(): CaliforniumStateError {
  return new CaliforniumStateError("CALIFORNIUM_TRUNCATED", "the file ends early");
}

function wrongPassword(): CaliforniumStateError {
  return passwordError("the password does not open it, or it is damaged");
}

function passwordError(text: string): CaliforniumStateError {
  return new CaliforniumStateError("CALIFORNIUM_PASSWORD", text);
}
