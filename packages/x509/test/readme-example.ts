import { signHandshake } from "@dtls-cluster/crypto-node";
import type { Endpoint, EndpointEvent } from "@dtls-cluster/dtls";
import { createCertificateVerifier, readCredential, readTrust } from "../src/index.ts";

/** What a server with a certificate does with the questions of its endpoint. */
export function createAnswers(certificatePem: string, trustPem: string) {
  const { credential, key } = readCredential(certificatePem);
  const verifier = createCertificateVerifier({ peers: "clients", trust: readTrust(trustPem) });
  const answer = (endpoint: Endpoint, event: EndpointEvent, now: number): void => {
    if (event.type === "signature-needed") {
      const signature = signHandshake(key, event.scheme, event.data);
      endpoint.provideSignature(event.connection, signature, now);
    } else if (event.type === "peer-certificate") {
      const verdict = verifier.judge(event.certificate, event.serverName, Date.now());
      endpoint.judgeCertificate(event.connection, verdict, now);
    }
  };
  return { credential, answer };
}
