import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createNodeCertificates } from "@dtls-cluster/certificates";

const HOUR_MS = 3_600_000;

/** Makes the PEM files of both roles of `/restore`. @returns their directory, in `folder` */
export async function makeCertificates(folder: string): Promise<string> {
  const directory = await mkdtemp(join(folder, "certs-"));
  const now = Date.now();
  const files = createNodeCertificates({
    cluster: "interop",
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + HOUR_MS),
  });
  for (const [name, pem] of Object.entries(files)) await writeFile(join(directory, name), pem);
  return directory;
}
