/** Where the API server keeps the kinds that this command uses. */
const KINDS = {
  Namespace: { base: "/api/v1", plural: "namespaces", isNamespaced: false },
  Node: { base: "/api/v1", plural: "nodes", isNamespaced: false },
  Secret: { base: "/api/v1", plural: "secrets", isNamespaced: true },
  ConfigMap: { base: "/api/v1", plural: "configmaps", isNamespaced: true },
  Service: { base: "/api/v1", plural: "services", isNamespaced: true },
  ServiceAccount: { base: "/api/v1", plural: "serviceaccounts", isNamespaced: true },
  LimitRange: { base: "/api/v1", plural: "limitranges", isNamespaced: true },
  Pod: { base: "/api/v1", plural: "pods", isNamespaced: true },
  Event: { base: "/api/v1", plural: "events", isNamespaced: true },
  StatefulSet: { base: "/apis/apps/v1", plural: "statefulsets", isNamespaced: true },
  PodDisruptionBudget: {
    base: "/apis/policy/v1",
    plural: "poddisruptionbudgets",
    isNamespaced: true,
  },
  NetworkPolicy: {
    base: "/apis/networking.k8s.io/v1",
    plural: "networkpolicies",
    isNamespaced: true,
  },
  Role: { base: "/apis/rbac.authorization.k8s.io/v1", plural: "roles", isNamespaced: true },
  RoleBinding: {
    base: "/apis/rbac.authorization.k8s.io/v1",
    plural: "rolebindings",
    isNamespaced: true,
  },
  SelfSubjectAccessReview: {
    base: "/apis/authorization.k8s.io/v1",
    plural: "selfsubjectaccessreviews",
    isNamespaced: false,
  },
  SubjectAccessReview: {
    base: "/apis/authorization.k8s.io/v1",
    plural: "subjectaccessreviews",
    isNamespaced: false,
  },
} as const;

export type Kind = keyof typeof KINDS;

export function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

export function isNamespaced(kind: Kind): boolean {
  return KINDS[kind].isNamespaced;
}

export function apiVersionOf(kind: Kind): string {
  return KINDS[kind].base.replace(/^\/apis?\//, "");
}

export function groupAndPluralOf(kind: Kind): {
  readonly group: string;
  readonly resource: string;
} {
  const version = apiVersionOf(kind);
  return {
    group: version.includes("/") ? (version.split("/")[0] ?? "") : "",
    resource: KINDS[kind].plural,
  };
}

/** Path of a kind's objects, or of one of them. */
export function pathOf(kind: Kind, namespace: string, name?: string): string {
  const { base, plural, isNamespaced } = KINDS[kind];
  const scope = isNamespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${base}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}
