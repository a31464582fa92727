import {
  describeRight,
  HELPFUL_RIGHTS,
  mayServiceAccount,
  missingRights,
  SWITCH_RIGHTS,
} from "../cluster/rights.ts";
import type { Kind } from "../kube/kinds.ts";
import { type Check, type Finding, fault, hint, ok } from "./finding.ts";

/** What the user of the kubeconfig needs. */
export const checkOperator: Check = async ({ api }) => {
  const [lacking, unhelpful] = await Promise.all([
    missingRights(api, SWITCH_RIGHTS),
    missingRights(api, HELPFUL_RIGHTS),
  ]);
  const findings: Finding[] = [];
  if (lacking.length > 0) {
    const list = lacking.map(describeRight).join(", ");
    findings.push(
      fault("your rights", `this user may not ${list}: an update needs that, grant it by a role`),
    );
  } else findings.push(ok("your rights", "all that updates need"));
  if (unhelpful.length > 0) {
    const list = unhelpful.map(describeRight).join(", ");
    findings.push(
      hint("your rights", `this user may not ${list}: commands then tell less and wait longer`),
    );
  }
  return findings;
};

const NEEDED = [
  { verb: "get", kind: "Pod" },
  { verb: "list", kind: "Pod" },
] as const;

/** Whoever breaks into a pod gets these. */
const DANGEROUS: readonly { readonly verb: string; readonly kind: Kind }[] = [
  { verb: "get", kind: "Secret" },
  { verb: "list", kind: "Secret" },
  { verb: "create", kind: "Pod" },
  { verb: "delete", kind: "Pod" },
  { verb: "patch", kind: "StatefulSet" },
];

/** What the pods' service account may do: see pods, and nothing else. */
export const checkServiceAccount: Check = async ({ api, workload }) => {
  const { serviceAccount } = workload;
  const about = `serviceaccount ${serviceAccount}`;
  if ((await api.read("ServiceAccount", serviceAccount)) === undefined) {
    return [fault(about, "does not exist, pods cannot be created: run install")];
  }
  const findings: Finding[] = [];
  for (const right of NEEDED) {
    if (await mayServiceAccount(api, serviceAccount, right)) continue;
    findings.push(
      fault(
        about,
        `may not ${right.verb} pods, so nodes do not find each other: run install, it applies the role`,
      ),
    );
  }
  if (!(await mayServiceAccount(api, serviceAccount, { verb: "watch", kind: "Pod" }))) {
    findings.push(
      hint(
        about,
        "may not watch pods, so nodes see new ones late: run install, it applies the role",
      ),
    );
  }
  for (const right of DANGEROUS) {
    if (!(await mayServiceAccount(api, serviceAccount, right))) continue;
    const what = `${right.verb} ${right.kind.toLowerCase()}s`;
    findings.push(hint(about, `may ${what}, which no node needs: take that right away`));
  }
  return findings.length > 0 ? findings : [ok(about, "may get, list and watch pods, nothing else")];
};
