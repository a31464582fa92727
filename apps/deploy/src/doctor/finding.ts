import type { DetailedObservation } from "../cluster/observe.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import type { KubeTransport } from "../kube/transport.ts";
import type { Workload } from "../manifests/workload.ts";

/** `fault`: something will fail. `hint`: it works, and could be better. */
export interface Finding {
  readonly level: "ok" | "hint" | "fault";
  readonly about: string;
  /** With the remedy, unless all is well. */
  readonly text: string;
}

/** What the checks look at. */
export interface Examination {
  readonly api: KubeApi;
  readonly transport: KubeTransport;
  readonly workload: Workload;
  readonly observation: DetailedObservation;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
}

export type Check = (examination: Examination) => Promise<readonly Finding[]>;

export function ok(about: string, text: string): Finding {
  return { level: "ok", about, text };
}

export function hint(about: string, text: string): Finding {
  return { level: "hint", about, text };
}

export function fault(about: string, text: string): Finding {
  return { level: "fault", about, text };
}
