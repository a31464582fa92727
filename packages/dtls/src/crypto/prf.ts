import type { CryptoProvider, HashName } from "./provider.ts";

/**
 * The PRF of TLS 1.2 (RFC 5246 section 5).
 * @param label ASCII.
 * @param length bytes wanted.
 */
export function prf(
  crypto: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = new Uint8Array(label.length + seed.length);
  for (let i = 0; i < label.length; i++) {
    labelled[i] = label.charCodeAt(i);
  }
  labelled.set(seed, label.length);

  const output = new Uint8Array(length);
  let a: Uint8Array = labelled;
  for (let done = 0; done < length; ) {
    a = crypto.hmac(hash, secret, a);
    const block = crypto.hmac(hash, secret, concat(a, labelled));
    const taken = Math.min(block.length, length - done);
    output.set(block.subarray(0, taken), done);
    done += taken;
  }
  return output;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
