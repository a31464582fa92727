import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import { pskPremasterSecret } from "../crypto/key-schedule.ts";
import { namedGroupById } from "../crypto/named-groups.ts";
import { chooseScheme } from "../crypto/signature-schemes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import type { CertificateVerdict } from "../events.ts";
import type { ExpectOwnSignature, ExpectServerVerdict, ServerPart } from "./client-states.ts";
import type { Exchange } from "./exchange.ts";
import type { FlightItem } from "./flight.ts";
import { MessageType } from "./message-type.ts";
import { encodeCertificate } from "./messages/certificate.ts";
import { encodeCertificateVerify } from "./messages/certificate-verify.ts";
import { encodeClientKeyExchange } from "./messages/client-key-exchange.ts";
import type { EcdhParameters } from "./messages/server-key-exchange.ts";
import type { ClientAgreement } from "./negotiate.ts";
import { startFlight } from "./progress.ts";
import type { OwnProof } from "./server-choice.ts";
import { deriveMasterSecret, finishedBody, type Randoms, startSession } from "./session.ts";

/** Goes on with the owner's verdict. @throws DtlsError for a refusal */
export function takeServerVerdict(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectServerVerdict,
  verdict: CertificateVerdict,
  now: number,
): void {
  if (verdict !== "accepted") throw new DtlsError(verdict.code, verdict.reason);
  association.peerCertificate = state.certificate;
  startClientFlight(core, association, exchange, state, now);
}

/** Sends flight 5, or asks the owner of the endpoint for the signature that it needs. */
export function startClientFlight(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  part: ServerPart,
  now: number,
): void {
  const { agreement, randoms, offer, requestedSchemes, parameters } = part;
  const { keyExchange } = agreement.suite;
  const flight: FlightItem[] = [];
  const proof = requestedSchemes && chooseProof(part, requestedSchemes);
  if (requestedSchemes !== undefined) {
    const chain = proof?.own.credential.chain ?? [];
    const body = encodeCertificate(chain, agreement.types.client);
    flight.push(exchange.message(MessageType.certificate, body));
  }
  const ecdhe = parameters && agree(core, parameters);
  const publicKey = ecdhe?.publicKey ?? new Uint8Array(0);
  const own = encodeClientKeyExchange({ identity: offer.pskIdentity, publicKey }, keyExchange);
  flight.push(exchange.message(MessageType.clientKeyExchange, own));
  const premaster = premasterSecret(part, ecdhe?.shared);
  offer.psk?.fill(0);
  const { transcript } = exchange;
  const masterSecret = deriveMasterSecret(core, agreement, randoms, premaster, transcript);
  if (proof === undefined) {
    finishClientFlight(core, association, exchange, agreement, randoms, masterSecret, flight, now);
    return;
  }
  exchange.state = {
    name: "expect-own-signature",
    agreement,
    randoms,
    masterSecret,
    flight,
    proof,
  };
  const { credential } = proof.own;
  const scheme = proof.scheme.name;
  const data = transcript.bytes();
  core.event({ type: "signature-needed", connection: association, credential, scheme, data }, now);
}

/** Goes on with the owner's signature of the messages so far. */
export function takeOwnSignature(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, randoms, masterSecret, flight, proof }: ExpectOwnSignature,
  signature: Uint8Array,
  now: number,
): void {
  const signed = { scheme: proof.scheme.id, signature: copyBytes(signature) };
  const verify = exchange.message(MessageType.certificateVerify, encodeCertificateVerify(signed));
  const items = [...flight, verify];
  finishClientFlight(core, association, exchange, agreement, randoms, masterSecret, items, now);
}

function finishClientFlight(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  agreement: ClientAgreement,
  randoms: Randoms,
  masterSecret: Uint8Array,
  items: readonly FlightItem[],
  now: number,
): void {
  startSession(core, association, agreement, randoms, masterSecret);
  const { transcript } = exchange;
  const finished = finishedBody(core.config, agreement, masterSecret, "client", transcript);
  const flight = [
    ...items,
    { kind: "change-cipher-spec" } as const,
    exchange.message(MessageType.finished, finished, 1),
  ];
  exchange.state = {
    name: "expect-server-finished",
    agreement,
    masterSecret,
    ticket: undefined,
  };
  exchange.expiresAt = Number.POSITIVE_INFINITY;
  startFlight(core, association, flight, now);
}

/** The first credential of the agreed type that the server can verify. */
function chooseProof(
  { offer, agreement }: ServerPart,
  schemes: readonly number[],
): OwnProof | undefined {
  for (const own of offer.credentials) {
    const scheme = chooseScheme(own.algorithm, schemes);
    const isAgreed = own.credential.type === agreement.types.client;
    if (isAgreed && scheme !== undefined) return { own, scheme };
  }
  return undefined;
}

interface OwnShare {
  readonly publicKey: Uint8Array;
  readonly shared: Uint8Array;
}

function agree(core: EndpointCore, { group, publicKey }: EcdhParameters): OwnShare {
  const named = namedGroupById(group);
  const agreement = named && core.config.crypto.keyAgreement(named.name);
  const shared = agreement?.agree(publicKey);
  if (agreement === undefined || shared === undefined) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server's ephemeral key is not valid");
  }
  return { publicKey: agreement.publicKey, shared };
}

function premasterSecret(
  { agreement, offer: { psk } }: ServerPart,
  shared: Uint8Array | undefined,
): Uint8Array {
  const secret = agreement.suite.keyExchange === "ecdhe-ecdsa" ? shared : psk;
  if (secret === undefined) throw new Error("the suite's secret is missing");
  if (secret === shared) return shared;
  const premaster = pskPremasterSecret(secret, shared);
  shared?.fill(0);
  return premaster;
}
