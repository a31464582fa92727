import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestCertificate } from "@dtls-cluster/testkit";

/** Writes certificates for the handover, of an authority of this run alone. @returns the folder. */
export function writeCertificates(folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  const authority = createTestCertificate({ name: "netlab" });
  for (const side of ["server", "client"]) {
    const { certificatePem, keyPem } = createTestCertificate({ name: side, issuer: authority });
    const file = join(folder, `https_${side}_cert.pem`);
    writeFileSync(file, `${keyPem}${certificatePem}`, { mode: 0o600 });
    writeFileSync(join(folder, `https_${side}_trust.pem`), authority.certificatePem);
  }
  return folder;
}
