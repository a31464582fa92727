import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNodeCertificates } from "@dtls-cluster/certificates";

/** Writes what `dtls-cluster-server --certs DIRECTORY` reads. The same files serve all nodes of a cluster. */
export function writeCertificates(directory: string, now: Date): void {
  const files = createNodeCertificates({
    cluster: "meters",
    notBefore: now,
    notAfter: new Date(now.getTime() + 365 * 86_400_000),
  });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [name, pem] of Object.entries(files)) {
    writeFileSync(join(directory, name), pem, { mode: 0o600 });
  }
}
