import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";

/** ClientCertificateType values (RFC 5246 section 7.4.4, RFC 8422 section 5.5). Ed25519 keys go by ecdsa_sign. */
const certificateTypes = Uint8Array.of(64, 1);

/** RFC 5246 section 7.4.4. */
export interface CertificateRequest {
  /** IANA numbers of the schemes that the server verifies. */
  readonly signatureSchemes: readonly number[];
  /** DER of the names of the accepted authorities; empty for any. Views after decoding. */
  readonly authorities: readonly Uint8Array[];
}

/** @throws DecodeError */
export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  const reader = new Reader(body);
  reader.opaque8(1);
  const schemes = new Reader(reader.opaque16(2));
  if (schemes.remaining % 2 !== 0)
    throw new DecodeError("signature schemes are not pairs of bytes");
  const signatureSchemes: number[] = [];
  while (schemes.remaining > 0) signatureSchemes.push(schemes.uint16());
  const authorities: Uint8Array[] = [];
  reader.vector16((list) => {
    while (list.remaining > 0) authorities.push(list.opaque16(1));
  });
  reader.end();
  return { signatureSchemes, authorities };
}

export function encodeCertificateRequest(request: CertificateRequest): Uint8Array {
  return new Writer()
    .opaque8(certificateTypes)
    .vector16((list) => {
      for (const scheme of request.signatureSchemes) list.uint16(scheme);
    })
    .vector16((list) => {
      for (const name of request.authorities) list.opaque16(name);
    })
    .finish();
}
