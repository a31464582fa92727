import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { type CaliforniumSecret, decodeSecret, encodeSecret } from "./secret.ts";
import { fixedIvLength, type SavedSuite } from "./suites.ts";

/** The keys of one direction. */
export type CaliforniumKeys =
  | {
      readonly protection: "aead";
      readonly encryptionKey: CaliforniumSecret;
      /** The implicit part of the nonce, 4 bytes. */
      readonly iv: Uint8Array;
    }
  | {
      readonly protection: "cbc";
      readonly macKey: CaliforniumSecret;
      readonly encryptionKey: CaliforniumSecret;
    };

const cipherNames = ["AES", "ARIA"];
const macNames = ["Mac", "MAC"];

export function decodeKeys(reader: ByteReader, suite: SavedSuite, field: string): CaliforniumKeys {
  if (suite.protection === "cbc") {
    const macKey = decodeSecret(reader, suite.macKeyLength, macNames, `${field}, MAC key`);
    return { protection: "cbc", macKey, encryptionKey: encryptionKey(reader, suite, field) };
  }
  const key = encryptionKey(reader, suite, field);
  const iv = reader.var(1, `${field}, IV`, fixedIvLength, fixedIvLength);
  return { protection: "aead", encryptionKey: key, iv };
}

function encryptionKey(reader: ByteReader, suite: SavedSuite, field: string): CaliforniumSecret {
  return decodeSecret(reader, suite.keyLength, cipherNames, `${field}, encryption key`);
}

export function encodeKeys(writer: ByteWriter, keys: CaliforniumKeys): void {
  if (keys.protection === "cbc") encodeSecret(writer, keys.macKey);
  encodeSecret(writer, keys.encryptionKey);
  if (keys.protection === "aead") writer.var(keys.iv, 1);
}
