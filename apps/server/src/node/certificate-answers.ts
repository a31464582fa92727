import type { KeyObject } from "node:crypto";
import { signHandshake } from "@dtls-cluster/crypto-node";
import type { Credential, Endpoint, EndpointEvent } from "@dtls-cluster/dtls";
import { type CertificateVerifier, createCertificateVerifier } from "@dtls-cluster/x509";
import type { CertificateConfig } from "../config/certificate-config.ts";
import type { Logger } from "../log.ts";
import { LineBudget } from "./line-budget.ts";

type Questions = Extract<EndpointEvent, { type: "peer-certificate" | "signature-needed" }>;

/** Answers what the endpoint asks about certificates: signs for the server, judges its clients. */
export class CertificateAnswers {
  readonly #keys: ReadonlyMap<Credential, KeyObject>;
  readonly #verifier: CertificateVerifier;
  readonly #log: Logger;
  /** Clients choose what they show, so they must not choose how long the log gets. */
  readonly #lines = new LineBudget(10);

  constructor({ own, trust, publicKeys }: CertificateConfig, log: Logger) {
    this.#keys = new Map(own.map(({ credential, key }) => [credential, key]));
    this.#verifier = createCertificateVerifier({ peers: "clients", trust, publicKeys });
    this.#log = log;
  }

  answer(endpoint: Endpoint, event: Questions, now: number): void {
    const { connection } = event;
    if (event.type === "signature-needed") {
      const key = this.#keys.get(event.credential);
      const signature = key && signHandshake(key, event.scheme, event.data);
      endpoint.provideSignature(connection, signature, now);
      return;
    }
    const verdict = this.#verifier.judge(event.certificate, undefined, Date.now());
    if (verdict !== "accepted" && this.#lines.take(now)) {
      const { code, reason } = verdict;
      const { address, port } = connection.path;
      const leftOut = this.#lines.takeLeftOut();
      this.#log.warn(
        { event: "certificate-refused", code, peer: address, port, leftOut },
        `the certificate of a client is refused: ${reason}`,
      );
    }
    endpoint.judgeCertificate(connection, verdict, now);
  }
}
