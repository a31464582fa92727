import { KubeError } from "../errors.ts";
import { checkClocks } from "./check-clocks.ts";
import { checkConntrack, checkNetworkPolicies, checkService } from "./check-network.ts";
import { checkOperator, checkServiceAccount } from "./check-rights.ts";
import { checkSecret } from "./check-secret.ts";
import { checkPods, checkSets } from "./check-sets.ts";
import { type Check, type Examination, type Finding, hint } from "./finding.ts";

const CHECKS: readonly (readonly [string, Check])[] = [
  ["your rights", checkOperator],
  ["service account", checkServiceAccount],
  ["secret", checkSecret],
  ["statefulsets", checkSets],
  ["pods", checkPods],
  ["service", checkService],
  ["network policy", checkNetworkPolicies],
  ["conntrack", checkConntrack],
  ["clock", checkClocks],
];

/** All checks. One that is not allowed to look says so, the others go on. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [about, check] of CHECKS) {
    try {
      findings.push(...(await check(examination)));
    } catch (error) {
      if (!(error instanceof KubeError) || error.isTransient) throw error;
      findings.push(hint(about, `cannot be checked: ${error.message}`));
    }
  }
  return findings;
}
