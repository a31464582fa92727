import type { ConnectionState } from "@dtls-cluster/dtls";
import { utf8Text } from "../utf8.ts";
import { certificatesOf, pkiPathOf } from "./pki-path.ts";
import type { CaliforniumPrincipal } from "./principal.ts";
import type { SavedSuite } from "./suites.ts";

/** What a connection's state has of who the peer is. */
export type PeerIdentity = Pick<ConnectionState, "pskIdentity" | "peerCertificate">;

const NO_IDENTITY = new Uint8Array(0);
const RAW_PUBLIC_KEY = 2;
const X509 = 0;

/** The identity that a principal stands for; undefined and a reason more for one that a state cannot hold. */
export function identityOf(
  principal: CaliforniumPrincipal | undefined,
  suite: SavedSuite | undefined,
  role: "client" | "server",
  reasons: string[],
): PeerIdentity | undefined {
  const identity = identityOfAny(principal, suite, role);
  if (typeof identity === "string") {
    reasons.push(identity);
    return undefined;
  }
  const usesPsk = suite?.keyExchange === "psk" || suite?.keyExchange === "ecdhe-psk";
  if (suite !== undefined && usesPsk !== (principal?.kind === "psk")) {
    reasons.push(`${principal?.kind ?? "no"} identity does not fit ${suite.name}`);
  }
  return identity;
}

function identityOfAny(
  principal: CaliforniumPrincipal | undefined,
  suite: SavedSuite | undefined,
  role: "client" | "server",
): PeerIdentity | string {
  // Only a client may stay without a certificate (RFC 5246 section 7.4.6).
  const mayBeNobody = role === "server" && suite?.keyExchange === "ecdhe-ecdsa";
  switch (principal?.kind) {
    case undefined:
      return mayBeNobody ? { pskIdentity: NO_IDENTITY } : "no identity of the peer is saved";
    case "anonymous":
      return mayBeNobody ? { pskIdentity: NO_IDENTITY } : "anonymous peer is not supported";
    case "psk": {
      if (principal.virtualHost === undefined) return { pskIdentity: principal.identity };
      const host = utf8Text(principal.virtualHost) ?? "?";
      return `PSK identity of the virtual host ${JSON.stringify(host)} is not supported`;
    }
    case "x509": {
      const path = certificatesOf(principal.path) ?? [];
      if (path.length === 0) return "the X.509 path has no certificate that can be read";
      // A PkiPath ends with the peer's own certificate, a chain begins with it.
      const peerCertificate = { type: "x509", chain: path.toReversed() } as const;
      return { pskIdentity: NO_IDENTITY, peerCertificate };
    }
    case "raw-public-key": {
      const peerCertificate = { type: "raw-public-key", chain: [principal.publicKey] } as const;
      return { pskIdentity: NO_IDENTITY, peerCertificate };
    }
    case "application":
      return "identity of an application is not supported";
  }
}

/** The principal of an identity; undefined for a peer of a certificate suite that showed none. */
export function principalOf(
  { pskIdentity, peerCertificate }: PeerIdentity,
  suite: SavedSuite | undefined,
): CaliforniumPrincipal | undefined {
  if (peerCertificate === undefined) {
    if (suite?.keyExchange === "ecdhe-ecdsa") return undefined;
    return { kind: "psk", virtualHost: undefined, identity: pskIdentity };
  }
  const { type, chain } = peerCertificate;
  if (type === "x509") return { kind: "x509", path: pkiPathOf(chain.toReversed()) };
  return { kind: "raw-public-key", publicKey: chain[0] ?? NO_IDENTITY };
}

/** Of both directions: a state does not hold which kind this side showed, and most clusters use one kind. */
export function certificateTypeOf({ peerCertificate }: PeerIdentity): number {
  return peerCertificate?.type === "raw-public-key" ? RAW_PUBLIC_KEY : X509;
}
