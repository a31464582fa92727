import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestCertificate, type TestCertificate } from "@dtls-cluster/testkit";
import type { CredentialFiles, TlsCredentials } from "../../src/index.ts";
import { clientCredentialFiles, readCredentials, serverCredentialFiles } from "../../src/index.ts";

/** A directory with the files of a node, made by one authority for both sides. */
export class CertificateDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), "dtls-certs-"));
  readonly authority: TestCertificate = createTestCertificate({ name: "authority" });
  readonly server: CredentialFiles = serverCredentialFiles(this.path);
  readonly client: CredentialFiles = clientCredentialFiles(this.path);

  constructor() {
    for (const [name, files] of [
      ["server", this.server],
      ["client", this.client],
    ] as const) {
      writeOwn(files.certificate, createTestCertificate({ name, issuer: this.authority }));
      writeFileSync(files.trust, this.authority.certificatePem);
    }
  }

  serverCredentials(): Promise<TlsCredentials> {
    return readCredentials(this.server);
  }

  clientCredentials(): Promise<TlsCredentials> {
    return readCredentials(this.client);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Writes key and chain into one file. */
export function writeOwn(
  file: string,
  own: TestCertificate,
  ...chain: readonly TestCertificate[]
): void {
  const certificates = [own, ...chain].map(({ certificatePem }) => certificatePem);
  writeFileSync(file, [own.keyPem, ...certificates].join(""));
}
