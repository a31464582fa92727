import { type CipherCCMTypes, createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import type { AeadAlgorithm } from "./aead-algorithm.ts";

/** Seals with a cipher object of its own: for long records and for keys that are seldom used. */
export function sealOnce(
  algorithm: AeadAlgorithm,
  key: KeyObject,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): void {
  // One form of the call for all algorithms: its types know them by name, the call itself does not care.
  const cipher = createCipheriv(algorithm.aead as CipherCCMTypes, key, nonce, {
    authTagLength: algorithm.tagLength,
  });
  cipher.setAAD(additionalData, { plaintextLength: end - start });
  // CCM wants its update call even for an empty plaintext.
  target.set(cipher.update(source.subarray(start, end)), offset);
  cipher.final();
  target.set(cipher.getAuthTag(), offset + end - start);
}

/** The counterpart of {@link sealOnce}; false when the record is not authentic. */
export function openOnce(
  algorithm: AeadAlgorithm,
  key: KeyObject,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): boolean {
  const tagAt = end - algorithm.tagLength;
  const decipher = createDecipheriv(algorithm.aead as CipherCCMTypes, key, nonce, {
    authTagLength: algorithm.tagLength,
  });
  decipher.setAuthTag(source.subarray(tagAt, end));
  decipher.setAAD(additionalData, { plaintextLength: tagAt - start });
  const plaintext = decipher.update(source.subarray(start, tagAt));
  // CCM verifies within update and then returns nothing, which saves the exception of final.
  if (plaintext.length !== tagAt - start || !isAuthentic(decipher)) {
    return false;
  }
  target.set(plaintext, offset);
  return true;
}

interface Finishing {
  final(): unknown;
}

/**
 * Only an exception tells that a tag is wrong. Collecting its stack trace takes half of the time of rejecting a forged
 * record, so no frame is collected meanwhile; nothing else can run between the two assignments.
 */
function isAuthentic(decipher: Finishing): boolean {
  const limit = Error.stackTraceLimit;
  if (isLimitWritable) {
    Error.stackTraceLimit = 0;
  }
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  } finally {
    if (isLimitWritable) {
      Error.stackTraceLimit = limit;
    }
  }
}

// A process may have frozen its intrinsics; then rejecting is only slower.
const isLimitWritable =
  Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")?.writable === true;
