import { KubeError } from "../errors.ts";
import { type Check, type Examination, type Finding, hint, ok } from "./finding.ts";

/** More than that makes certificates and logs misleading. */
const TOLERATED_MS = 5000;
/** Kubelets renew their leases every ten seconds. */
const LEASE_MS = 10_000;

interface LeaseList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly spec?: { readonly renewTime?: string };
  }[];
}

/** This machine's clock and those of the nodes, against the API server's. */
export const checkClocks: Check = async (examination) => {
  const { api, wallTime } = examination;
  const skewMs = await api.clockSkewMs(wallTime);
  const findings: Finding[] = [];
  if (skewMs === undefined) findings.push(hint("clock", "the API server tells no time"));
  else if (Math.abs(skewMs) > TOLERATED_MS) {
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const direction = skewMs > 0 ? "behind" : "ahead of";
    findings.push(
      hint(
        "clock",
        `this machine is ${seconds} s ${direction} the API server: set it by NTP, else new certificates are not valid yet`,
      ),
    );
  }
  findings.push(...(await checkNodes(examination, wallTime() + (skewMs ?? 0))));
  return findings.length > 0
    ? findings
    : [ok("clock", "this machine, the API server and the nodes agree")];
};

/** A lease from the future, or one long past, of a node that works, was written by a wrong clock. */
async function checkNodes({ transport }: Examination, now: number): Promise<readonly Finding[]> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const { status, text } = await transport({ method: "GET", path });
  if (status === 403 || status === 404) return [];
  if (status !== 200) throw new KubeError(status, `${path}: answered ${status}`);
  const { items = [] } = JSON.parse(text) as LeaseList;
  return items.flatMap(({ metadata, spec }) => {
    const ageMs = now - Date.parse(spec?.renewTime ?? "");
    if (Number.isNaN(ageMs) || (ageMs > -TOLERATED_MS && ageMs < LEASE_MS + TOLERATED_MS * 5))
      return [];
    const seconds = Math.round(Math.abs(ageMs) / 1000);
    const what = ageMs < 0 ? `${seconds} s ahead` : `${seconds} s behind, or it does not report`;
    return [hint(`node ${metadata?.name}`, `its clock is ${what}: set it by NTP`)];
  });
}
