import type { V1SelfSubjectAccessReview, V1SubjectAccessReview } from "@kubernetes/client-node";
import { groupAndPluralOf, type Kind } from "../kube/kinds.ts";
import type { KubeApi } from "../kube/kube-api.ts";

/** One thing that somebody may or may not do in the namespace. */
export interface Right {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete";
  readonly kind: Kind;
  readonly subresource?: "log" | "proxy";
}

export function describeRight({ verb, kind, subresource }: Right): string {
  const { group, resource } = groupAndPluralOf(kind);
  const name = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${name}${group === "" ? "" : `.${group}`}`;
}

/** What the commands do with pods and sets. */
export const SWITCH_RIGHTS: readonly Right[] = [
  ...(["get", "create", "patch", "delete"] as const).map((verb) => ({
    verb,
    kind: "StatefulSet" as const,
  })),
  ...(["list", "patch", "delete"] as const).map((verb) => ({ verb, kind: "Pod" as const })),
  { verb: "get", kind: "Secret" },
];

/** Without these it works, but tells less. */
export const HELPFUL_RIGHTS: readonly Right[] = [
  { verb: "list", kind: "Event" },
  { verb: "get", kind: "Pod", subresource: "log" },
  { verb: "get", kind: "Pod", subresource: "proxy" },
];

export const INSTALL_RIGHTS: readonly Right[] = [
  { verb: "get", kind: "StatefulSet" },
  { verb: "create", kind: "StatefulSet" },
  { verb: "patch", kind: "StatefulSet" },
  { verb: "list", kind: "Pod" },
  { verb: "get", kind: "Secret" },
  { verb: "create", kind: "Secret" },
];

/** The rights that the user of the kubeconfig lacks. @throws KubeError */
export async function missingRights(
  api: KubeApi,
  rights: readonly Right[],
): Promise<readonly Right[]> {
  const allowed = await Promise.all(
    rights.map(async (right) => {
      const review = await api.create<V1SelfSubjectAccessReview>("SelfSubjectAccessReview", {
        spec: { resourceAttributes: attributesOf(api, right) },
      });
      return review.status?.allowed ?? false;
    }),
  );
  return rights.filter((_, index) => allowed[index] === false);
}

/** Whether a service account may do something. @throws KubeError */
export async function mayServiceAccount(
  api: KubeApi,
  account: string,
  right: Right | { readonly verb: string; readonly kind: Kind },
): Promise<boolean> {
  const { namespace } = api;
  const review = await api.create<V1SubjectAccessReview>("SubjectAccessReview", {
    spec: {
      user: `system:serviceaccount:${namespace}:${account}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${namespace}`,
        "system:authenticated",
      ],
      resourceAttributes: attributesOf(api, right),
    },
  });
  return review.status?.allowed ?? false;
}

function attributesOf(
  { namespace }: KubeApi,
  right: { readonly verb: string; readonly kind: Kind; readonly subresource?: string },
): { [name: string]: string } {
  return {
    namespace,
    verb: right.verb,
    ...groupAndPluralOf(right.kind),
    ...(right.subresource === undefined ? {} : { subresource: right.subresource }),
  };
}
