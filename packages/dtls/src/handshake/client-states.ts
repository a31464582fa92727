import type { PeerCertificate } from "../credential.ts";
import type { PublicKey } from "../crypto/provider.ts";
import type { ClientSession } from "../resumption/saved-session.ts";
import type { ClientOffer } from "./client-offer.ts";
import type { FlightItem } from "./flight.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import type { NewSessionTicket } from "./messages/new-session-ticket.ts";
import type { EcdhParameters } from "./messages/server-key-exchange.ts";
import type { ClientAgreement } from "./negotiate.ts";
import type { OwnProof } from "./server-choice.ts";
import type { Randoms } from "./session.ts";

/** What a client handshake is, in protocol order; each state holds what the next message or answer may know. */
export type ClientState =
  | ExpectServerHello
  | ExpectServerHelloDone
  | ExpectServerVerdict
  | ExpectOwnSignature
  | ExpectServerFinished
  | ExpectResumingServer
  | ExpectResumedServerVerdict;

/** Either a HelloVerifyRequest or a ServerHello. */
export interface ExpectServerHello {
  readonly name: "expect-server-hello";
  readonly hello: ClientHello;
  readonly offer: ClientOffer;
  /** What the hello asks to resume. */
  readonly session: ClientSession | undefined;
  /** HelloVerifyRequests answered so far. */
  readonly verified: number;
}

/** What the server has said of itself so far. */
export interface ServerPart {
  readonly agreement: ClientAgreement;
  readonly randoms: Randoms;
  readonly offer: ClientOffer;
  readonly certificate: PeerCertificate | undefined;
  readonly key: PublicKey | undefined;
  /** The server's ephemeral key, its signature verified where it has one. */
  readonly parameters: EcdhParameters | undefined;
  /** What the server verifies of the client; undefined when it does not ask. */
  readonly requestedSchemes: readonly number[] | undefined;
}

/** Before it, the messages that the suite wants and some that it allows, in their order. */
export interface ExpectServerHelloDone extends ServerPart {
  readonly name: "expect-server-hello-done";
  /** Type of the message before. */
  readonly after: number;
}

/** The owner of the endpoint judges the certificate. */
export interface ExpectServerVerdict extends ServerPart {
  readonly name: "expect-server-verdict";
}

/** The owner of the endpoint signs the messages so far. */
export interface ExpectOwnSignature {
  readonly name: "expect-own-signature";
  readonly agreement: ClientAgreement;
  readonly randoms: Randoms;
  readonly masterSecret: Uint8Array;
  readonly flight: readonly FlightItem[];
  readonly proof: OwnProof;
}

export interface ExpectServerFinished {
  readonly name: "expect-server-finished";
  readonly agreement: ClientAgreement;
  readonly masterSecret: Uint8Array;
  /** Came before the Finished that proves it. */
  readonly ticket: NewSessionTicket | undefined;
}

/** The server took the session: a NewSessionTicket may come, then its Finished. */
export interface ExpectResumingServer {
  readonly name: "expect-resuming-server";
  readonly agreement: ClientAgreement;
  readonly session: ClientSession;
  readonly ticket: NewSessionTicket | undefined;
}

/** The owner of the endpoint judges the certificate of the session again: it may have expired. */
export interface ExpectResumedServerVerdict {
  readonly name: "expect-resumed-server-verdict";
  readonly agreement: ClientAgreement;
  readonly session: ClientSession;
  readonly ticket: NewSessionTicket | undefined;
}
