import { KubernetesError } from "./errors.ts";
import type { Pod } from "./pod.ts";

export const DEFAULT_SELECTOR_LABEL = "controller-revision-hash";

export interface GroupOptions {
  /** Complete label selector; may be percent-encoded as in a URL. */
  readonly selector?: string | undefined;
  /** Default {@link DEFAULT_SELECTOR_LABEL}. */
  readonly selectorLabel?: string | undefined;
}

/** The label selector of the own group. @throws KubernetesError KUBERNETES_SETTING */
export function groupSelector(own: Pod, options: GroupOptions): string {
  if (options.selector) return decodeSelector(options.selector);
  return sameValue(own, options.selectorLabel || DEFAULT_SELECTOR_LABEL, "KUBECTL_SELECTOR_LABEL");
}

/** Selects the pods that have the own pod's value of a label. @throws KubernetesError KUBERNETES_SETTING */
export function sameValue(own: Pod, label: string, variable: string): string {
  const value = own.labels[label];
  if (value === undefined) {
    const labels = Object.keys(own.labels).join(", ");
    throw new KubernetesError(
      "KUBERNETES_SETTING",
      `${variable}: pod ${own.name} has no label "${label}"; it has ${labels || "none"}`,
    );
  }
  return `${label}=${value}`;
}

function decodeSelector(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new KubernetesError(
      "KUBERNETES_SETTING",
      `KUBECTL_SELECTOR: "${text}" is no label selector; accepted are app=meters, or app%3Dmeters as in a URL`,
    );
  }
}
