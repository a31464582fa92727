import { utf8Text } from "../utf8.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Who the peer is. */
export type CaliforniumPrincipal =
  | { readonly kind: "anonymous" }
  /** `path`: DER of an X.509 PkiPath. */
  | { readonly kind: "x509"; readonly path: Uint8Array }
  | {
      readonly kind: "psk";
      /** UTF-8; undefined for an identity that is not bound to a virtual host. */
      readonly virtualHost: Uint8Array | undefined;
      /** UTF-8. */
      readonly identity: Uint8Array;
    }
  | {
      readonly kind: "application";
      readonly isAnonymous: boolean;
      /** UTF-8. */
      readonly applicationName: Uint8Array;
    }
  /** `publicKey`: DER of a SubjectPublicKeyInfo (RFC 7250). */
  | { readonly kind: "raw-public-key"; readonly publicKey: Uint8Array };

const ANONYMOUS = 0x00;
const X509 = 0x01;
const PSK = 0x02;
const APPLICATION = 0xfe;
const RAW_PUBLIC_KEY = 0xff;

export function decodePrincipal(reader: ByteReader, field: string): CaliforniumPrincipal {
  const from = reader.offset;
  const kind = reader.uint(1, `${field}, kind`);
  switch (kind) {
    case ANONYMOUS:
      return { kind: "anonymous" };
    case X509:
      return { kind: "x509", path: reader.derSequence(`${field}, X.509 path`) };
    case PSK: {
      const isScoped = reader.flag(`${field}, scoped flag`);
      const virtualHost = isScoped ? utf8Var(reader, `${field}, virtual host`) : undefined;
      return { kind: "psk", virtualHost, identity: utf8Var(reader, `${field}, PSK identity`) };
    }
    case APPLICATION: {
      const isAnonymous = reader.flag(`${field}, anonymous flag`);
      const applicationName = utf8Var(reader, `${field}, application name`);
      return { kind: "application", isAnonymous, applicationName };
    }
    case RAW_PUBLIC_KEY:
      return { kind: "raw-public-key", publicKey: reader.derSequence(`${field}, public key`) };
    default:
      return reader.failAt(from, `kind ${kind} is unknown`, field);
  }
}

/** Bytes rather than text, because identities are compared as bytes; but they were text when they were written. */
function utf8Var(reader: ByteReader, field: string): Uint8Array {
  const from = reader.offset;
  const bytes = reader.var(2, field);
  return utf8Text(bytes) === undefined ? reader.failAt(from, "it is not UTF-8", field) : bytes;
}

export function encodePrincipal(writer: ByteWriter, principal: CaliforniumPrincipal): void {
  switch (principal.kind) {
    case "anonymous":
      writer.uint(ANONYMOUS, 1);
      break;
    case "x509":
      writer.uint(X509, 1);
      writer.bytes(principal.path);
      break;
    case "psk":
      writer.uint(PSK, 1);
      writer.flag(principal.virtualHost !== undefined);
      if (principal.virtualHost !== undefined) writer.var(principal.virtualHost, 2);
      writer.var(principal.identity, 2);
      break;
    case "application":
      writer.uint(APPLICATION, 1);
      writer.flag(principal.isAnonymous);
      writer.var(principal.applicationName, 2);
      break;
    case "raw-public-key":
      writer.uint(RAW_PUBLIC_KEY, 1);
      writer.bytes(principal.publicKey);
      break;
  }
}
