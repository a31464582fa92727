import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Credential } from "@dtls-cluster/dtls";
import {
  type ForgedCertificate,
  type ForgedCertificateOptions,
  forgeCertificate,
} from "@dtls-cluster/testkit";

/** An authority with a certificate for a server and one for a client, in files for programs and as credentials for us. */
export class CertificateFiles {
  readonly server: Holder;
  readonly client: Holder;
  /** PEM of the authority. */
  readonly trust: string;
  readonly #directory: string;

  /** @param client default: as the server's */
  constructor(
    server: Partial<ForgedCertificateOptions> = {},
    client: Partial<ForgedCertificateOptions> = server,
  ) {
    this.#directory = mkdtempSync(join(tmpdir(), "dtls-interop-"));
    const issuer = forgeCertificate({ name: "interop authority", keyUsage: 0x06 });
    this.trust = this.#write("trust.pem", issuer.certificatePem);
    this.server = this.#holder("server.example", issuer, server);
    this.client = this.#holder("client.example", issuer, client);
  }

  async stop(): Promise<void> {
    rmSync(this.#directory, { recursive: true });
  }

  #holder(
    name: string,
    issuer: ForgedCertificate,
    options: Partial<ForgedCertificateOptions>,
  ): Holder {
    const certificate = forgeCertificate({
      name,
      issuer,
      hostNames: [name],
      keyUsage: 0x80,
      ...options,
    });
    return {
      certificate,
      credential: { type: "x509", chain: [certificate.der] },
      certificateFile: this.#write(`${name}.pem`, certificate.certificatePem),
      keyFile: this.#write(`${name}.key.pem`, certificate.keyPem),
    };
  }

  #write(name: string, text: string): string {
    const file = join(this.#directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }
}

export interface Holder {
  readonly certificate: ForgedCertificate;
  readonly credential: Credential;
  readonly certificateFile: string;
  readonly keyFile: string;
}
