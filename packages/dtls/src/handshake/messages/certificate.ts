import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import { copyBytes } from "../../copy-bytes.ts";
import type { CertificateType } from "../../crypto/provider.ts";

/**
 * RFC 5246 section 7.4.2, and RFC 7250 section 3 for a raw public key. Returns copies: the sender's certificate first, each
 * followed by that of its issuer, or the one public key; empty when a client has none.
 * @throws DecodeError for what does not parse, and for more than `maxLength` certificates.
 */
export function decodeCertificate(
  body: Uint8Array,
  type: CertificateType,
  maxLength: number,
): readonly Uint8Array[] {
  const reader = new Reader(body);
  const chain: Uint8Array[] = [];
  if (type === "raw-public-key") {
    const key = reader.opaque24();
    if (key.length > 0) chain.push(copyBytes(key));
  } else {
    reader.vector24((list) => {
      while (list.remaining > 0) {
        if (chain.length === maxLength) throw new DecodeError("the certificate chain is too long");
        chain.push(copyBytes(list.opaque24(1)));
      }
    });
  }
  reader.end();
  return chain;
}

/** @param chain empty for a client that has no certificate. */
export function encodeCertificate(chain: readonly Uint8Array[], type: CertificateType): Uint8Array {
  const writer = new Writer();
  if (type === "raw-public-key") {
    return writer.opaque24(chain[0] ?? new Uint8Array(0)).finish();
  }
  return writer
    .vector24((list) => {
      for (const certificate of chain) list.opaque24(certificate);
    })
    .finish();
}
