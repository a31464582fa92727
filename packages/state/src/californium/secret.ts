import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** A key with the name that Java's cryptography knows its kind by. */
export interface CaliforniumSecret {
  readonly bytes: Uint8Array;
  /** `AES` of encryption keys, `Mac` of MAC keys, `MAC` of master secrets. */
  readonly algorithm: string;
}

/** Undefined when no secret is saved. @param length exact number of bytes */
export function decodeOptionalSecret(
  reader: ByteReader,
  length: number,
  algorithms: readonly string[],
  field: string,
): CaliforniumSecret | undefined {
  const from = reader.offset;
  const bytes = reader.optionalVar(1, field);
  if (bytes === undefined) return undefined;
  if (bytes.length !== length) {
    reader.failAt(from, `${bytes.length} bytes instead of ${length}`, field);
  }
  const nameAt = reader.offset;
  const algorithm = reader.text(1, `${field}, algorithm`);
  if (!algorithms.includes(algorithm)) {
    reader.failAt(nameAt, `expected ${algorithms.join(" or ")}`, `${field}, algorithm`);
  }
  return { bytes, algorithm };
}

export function decodeSecret(
  reader: ByteReader,
  length: number,
  algorithms: readonly string[],
  field: string,
): CaliforniumSecret {
  const from = reader.offset;
  const secret = decodeOptionalSecret(reader, length, algorithms, field);
  return secret ?? reader.failAt(from, "it is missing", field);
}

export function encodeSecret(writer: ByteWriter, secret: CaliforniumSecret | undefined): void {
  writer.var(secret?.bytes, 1);
  if (secret !== undefined) writer.text(secret.algorithm, 1);
}
