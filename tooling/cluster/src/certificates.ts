import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestCertificate } from "@dtls-cluster/testkit";

/** Certificates of a cluster that exists for one run. */
export interface Certificates {
  readonly directory: string;
  remove(): void;
}

/** Makes an authority and one certificate for each side, under the file names that the server expects. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), "dtls-cluster-certs-"));
  const authority = createTestCertificate({ name: "dtls-cluster demonstration" });
  for (const side of ["server", "client"]) {
    const own = createTestCertificate({ name: `node ${side}`, issuer: authority });
    const write = (kind: string, pem: string): void =>
      writeFileSync(join(directory, `https_${side}_${kind}.pem`), pem, { mode: 0o600 });
    write("cert", own.keyPem + own.certificatePem);
    write("trust", authority.certificatePem);
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
