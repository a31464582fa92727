import type { PeerCertificate } from "../credential.ts";
import type { KeyAgreement, PublicKey } from "../crypto/provider.ts";
import type { SavedSession } from "../resumption/saved-session.ts";
import type { FlightItem } from "./flight.ts";
import type { ServerAgreement } from "./negotiate.ts";
import type { Randoms } from "./session.ts";

/** What a server handshake is, in protocol order; each state holds what the next message or answer may know. */
export type ServerState =
  | ExpectKeySignature
  | ExpectClientCertificate
  | ExpectClientKeyExchange
  | ExpectPsk
  | Refused
  | ExpectCertificateVerify
  | ExpectClientVerdict
  | ExpectClientFinished
  | ExpectResumingClient
  | ExpectResumedClientVerdict;

/** What both hellos settled. */
export interface ServerTerms {
  readonly agreement: ServerAgreement;
  readonly randoms: Randoms;
  /** Of an ECDHE suite. */
  readonly keyAgreement: KeyAgreement | undefined;
}

/** The owner of the endpoint signs the server's ephemeral key. */
export interface ExpectKeySignature extends ServerTerms {
  readonly name: "expect-key-signature";
  /** What goes before the ServerKeyExchange. */
  readonly flight: readonly FlightItem[];
  readonly encodedParameters: Uint8Array;
}

/** Only when it was asked for. */
export interface ExpectClientCertificate extends ServerTerms {
  readonly name: "expect-client-certificate";
}

export interface ExpectClientKeyExchange extends ServerTerms {
  readonly name: "expect-client-key-exchange";
  readonly peer: ClaimedCertificate | undefined;
}

/** What a peer showed and did not sign with yet. */
export interface ClaimedCertificate {
  readonly certificate: PeerCertificate;
  readonly key: PublicKey;
}

/** The owner of the endpoint looks the identity's key up. */
export interface ExpectPsk extends ServerTerms {
  readonly name: "expect-psk";
  /** The secret of ECDHE_PSK, undefined for plain PSK. */
  readonly otherSecret: Uint8Array | undefined;
}

/**
 * The identity has no key. The handshake stays as silent, and lasts as long, as one with a wrong key,
 * so that nobody can find out which identities exist.
 */
export interface Refused {
  readonly name: "refused";
}

export interface ExpectCertificateVerify extends ServerTerms {
  readonly name: "expect-certificate-verify";
  readonly peer: ClaimedCertificate;
  readonly masterSecret: Uint8Array;
}

/** The owner of the endpoint judges the certificate. */
export interface ExpectClientVerdict extends ServerTerms {
  readonly name: "expect-client-verdict";
  readonly certificate: PeerCertificate;
  readonly masterSecret: Uint8Array;
}

export interface ExpectClientFinished {
  readonly name: "expect-client-finished";
  readonly agreement: ServerAgreement;
  readonly masterSecret: Uint8Array;
}

/** The own Finished is on its way: an abbreviated handshake ends with the client's. */
export interface ExpectResumingClient {
  readonly name: "expect-resuming-client";
  readonly agreement: ServerAgreement;
  readonly session: SavedSession;
}

/** The owner of the endpoint judges the certificate of the session again: it may have expired. */
export interface ExpectResumedClientVerdict {
  readonly name: "expect-resumed-client-verdict";
  readonly certificate: PeerCertificate;
}
