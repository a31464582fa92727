import type { OptionRow } from "./option-row.ts";

/** What a node needs to find the others, and its double, through the Kubernetes API. */
export const KUBERNETES_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--kubernetes",
    environment: "DTLS_CLUSTER_KUBERNETES",
    description:
      "find the nodes, the double and the number of nodes through the Kubernetes API; needs --cluster",
  },
  {
    flags: "--kube-pod <name>",
    environment: "KUBECTL_POD",
    description: "name of the own pod (default: the host name)",
  },
  {
    flags: "--kube-service-account <directory>",
    environment: "KUBECTL_SERVICE_ACCOUNT",
    default: "/var/run/secrets/kubernetes.io/serviceaccount",
    description:
      "directory with token, ca.crt and namespace; https_k8s_client_trust.pem in --certs comes before ca.crt",
  },
  {
    flags: "--kube-host <host[:port]>",
    environment: "KUBECTL_HOST",
    description:
      "where the Kubernetes API is, always over https (default: KUBERNETES_SERVICE_HOST and _PORT, which need no DNS, else kubernetes.default.svc)",
  },
  {
    flags: "--kube-token <token>",
    environment: "KUBECTL_TOKEN",
    description:
      "token for the Kubernetes API (default, also when empty: the one of the service account, read again when it changes); other users of the host see a command line, so prefer the environment",
  },
  {
    flags: "--kube-namespace <name>",
    environment: "KUBECTL_NAMESPACE",
    description: 'namespace of the pods (default: the one of the service account, else "default")',
  },
  {
    flags: "--kube-selector <selector>",
    environment: "KUBECTL_SELECTOR",
    description: "label selector of the nodes of the own group, such as app=meters,colour=a",
  },
  {
    flags: "--kube-selector-label <label>",
    environment: "KUBECTL_SELECTOR_LABEL",
    default: "controller-revision-hash",
    description: "the own group: the pods that have the same value of this label as this pod",
  },
  {
    flags: "--kube-restore-selector-label <label>",
    environment: "KUBECTL_RESTORE_SELECTOR_LABEL",
    description:
      "for a pod that is no -a-N or -b-N: its double has the same value of this label, and restore=true",
  },
];
