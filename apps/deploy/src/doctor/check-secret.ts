import type { V1Secret } from "@kubernetes/client-node";
import { checkCertificates } from "../cluster/certificate-check.ts";
import { type Check, type Finding, fault, hint, ok } from "./finding.ts";

const SHORTEST_SECRET = 16;

/** The pods' secret: keys, the nodes' shared secrets, certificates. Values are never shown. */
export const checkSecret: Check = async ({ api, workload, wallTime }) => {
  const about = `secret ${workload.secret}`;
  const secret = await api.read<V1Secret>("Secret", workload.secret);
  if (secret === undefined)
    return [fault(about, "does not exist, new pods cannot start: run install")];
  const values = new Map(
    Object.entries(secret.data ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text, "base64").toString(),
    ]),
  );
  const findings: Finding[] = workload.requiredKeys
    .filter((key) => !values.has(key))
    .map((key) =>
      fault(about, `lacks ${key}, new pods cannot start: run install, it adds what is missing`),
    );
  for (const key of ["dtls_cid_mgmt_secret_base64", "dtls_cluster_cookie_secret_base64"]) {
    findings.push(...checkShared(about, key, values.get(key)));
  }
  if ((values.get("dtls_cid_mgmt_identity") ?? "") === "") {
    findings.push(
      hint(
        about,
        "dtls_cid_mgmt_identity is missing: the nodes talk to each other without protection",
      ),
    );
  }
  const certificates = checkCertificates(Object.fromEntries(values), wallTime());
  findings.push(
    ...certificates.map(({ isFault, text }) => (isFault ? fault : hint)("certificates", text)),
  );
  if (certificates.length === 0)
    findings.push(ok("certificates", "valid, keys match, both sides trust each other"));
  return findings.length > 0 ? findings : [ok(about, "complete")];
};

function checkShared(about: string, key: string, text: string | undefined): readonly Finding[] {
  if (text === undefined || text === "") {
    return [hint(about, `${key} is missing: run install, it adds what is missing`)];
  }
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
  if (!isBase64) return [fault(about, `${key} is not base64, the pods will refuse it: replace it`)];
  const { length } = Buffer.from(text, "base64");
  if (length >= SHORTEST_SECRET) return [];
  return [
    fault(
      about,
      `${key} has ${length} bytes: replace it by ${SHORTEST_SECRET} or more random ones`,
    ),
  ];
}
