import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import { offeredSchemes } from "../crypto/signature-schemes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import type { Exchange } from "./exchange.ts";
import type { FlightItem } from "./flight.ts";
import { MessageType } from "./message-type.ts";
import { encodeCertificate } from "./messages/certificate.ts";
import { encodeCertificateRequest } from "./messages/certificate-request.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import {
  encodeEcdhePskServerKeyExchange,
  encodeEcdhParameters,
  encodeSignedServerKeyExchange,
} from "./messages/server-key-exchange.ts";
import { startFlight } from "./progress.ts";
import { greeting } from "./server-greeting.ts";
import type { ExpectKeySignature, ServerTerms } from "./server-states.ts";
import { signedParameters } from "./session.ts";

/** Sends flight 4 of a server without certificate, or asks its owner for the signature that the flight needs. */
export function startServerFlight(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  hello: ClientHello,
  terms: ServerTerms,
  now: number,
): void {
  const { agreement, randoms, keyAgreement } = terms;
  const { group, proof } = agreement.choice;
  const flight = [greeting(association, exchange, hello, agreement, randoms)];
  const parameters = group &&
    keyAgreement && { group: group.id, publicKey: keyAgreement.publicKey };
  if (proof === undefined) {
    if (parameters !== undefined) {
      const body = encodeEcdhePskServerKeyExchange(parameters);
      flight.push(exchange.message(MessageType.serverKeyExchange, body));
    }
    finishServerFlight(core, association, exchange, terms, flight, now);
    return;
  }
  if (parameters === undefined) throw new Error("a suite with certificates has a group");
  const { credential } = proof.own;
  const certificate = encodeCertificate(credential.chain, credential.type);
  flight.push(exchange.message(MessageType.certificate, certificate));
  const encodedParameters = encodeEcdhParameters(parameters);
  exchange.state = { name: "expect-key-signature", ...terms, flight, encodedParameters };
  core.schedule(association);
  const data = signedParameters(randoms, encodedParameters);
  const scheme = proof.scheme.name;
  core.event({ type: "signature-needed", connection: association, credential, scheme, data }, now);
}

/** Goes on with the owner's signature of the server's ephemeral key. */
export function takeKeySignature(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectKeySignature,
  signature: Uint8Array,
  now: number,
): void {
  const { agreement, randoms, keyAgreement, encodedParameters } = state;
  const scheme = agreement.choice.proof?.scheme.id ?? 0;
  const signed = { scheme, signature: copyBytes(signature) };
  const body = encodeSignedServerKeyExchange(encodedParameters, signed);
  const flight = [...state.flight, exchange.message(MessageType.serverKeyExchange, body)];
  if (agreement.choice.clientCertificateType !== undefined) {
    const request = encodeCertificateRequest({ signatureSchemes: offeredSchemes, authorities: [] });
    flight.push(exchange.message(MessageType.certificateRequest, request));
  }
  const terms = { agreement, randoms, keyAgreement };
  finishServerFlight(core, association, exchange, terms, flight, now);
}

function finishServerFlight(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  terms: ServerTerms,
  items: readonly FlightItem[],
  now: number,
): void {
  const done = exchange.message(MessageType.serverHelloDone, new Uint8Array(0));
  exchange.state =
    terms.agreement.choice.clientCertificateType === undefined
      ? { name: "expect-client-key-exchange", ...terms, peer: undefined }
      : { name: "expect-client-certificate", ...terms };
  startFlight(core, association, [...items, done], now);
}
