import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import type { CertificateType } from "../../crypto/provider.ts";
import type { Extension, ExtensionType } from "./extension.ts";

type Kind = typeof ExtensionType.clientCertificateType | typeof ExtensionType.serverCertificateType;

const numbers: Readonly<Record<CertificateType, number>> = { x509: 0, "raw-public-key": 2 };

/** The types that a client can send or accept, best first (RFC 7250 section 3). */
export function certificateTypesExtension(
  type: Kind,
  types: readonly CertificateType[],
): Extension {
  return { type, data: Uint8Array.of(types.length, ...types.map((name) => numbers[name])) };
}

/** The server's choice. */
export function certificateTypeExtension(type: Kind, choice: CertificateType): Extension {
  return { type, data: Uint8Array.of(numbers[choice]) };
}

/** A client's list without the types that are unknown here. @throws DecodeError */
export function decodeCertificateTypes(data: Uint8Array): readonly CertificateType[] {
  const reader = new Reader(data);
  const list = reader.opaque8(1);
  reader.end();
  return [...list].flatMap((number) => certificateTypeOf(number) ?? []);
}

/** The server's choice. @throws DecodeError, also for a type that is unknown here. */
export function decodeCertificateType(data: Uint8Array): CertificateType {
  const reader = new Reader(data);
  const type = certificateTypeOf(reader.uint8());
  reader.end();
  if (type === undefined) throw new DecodeError("the certificate type is unknown");
  return type;
}

function certificateTypeOf(number: number): CertificateType | undefined {
  return (["x509", "raw-public-key"] as const).find((name) => numbers[name] === number);
}
