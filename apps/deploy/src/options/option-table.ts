export const COMMANDS = ["install", "update", "update0", "rollback", "status", "doctor"] as const;

export type CommandName = (typeof COMMANDS)[number];

export interface OptionRow {
  /** As in `--help`. */
  readonly flags: string;
  readonly environment: string;
  readonly description: string;
  readonly default?: string;
  /** Commands that know it. */
  readonly commands: readonly CommandName[];
}

const CHANGING: readonly CommandName[] = ["install", "update", "update0", "rollback"];
const SWITCHING: readonly CommandName[] = ["update0", "rollback"];

export const optionTable: readonly OptionRow[] = [
  {
    flags: "--kubeconfig <file>",
    environment: "KUBECONFIG",
    description: "how to reach the cluster (default: ~/.kube/config, in a pod its service account)",
    commands: COMMANDS,
  },
  {
    flags: "--context <name>",
    environment: "KUBECTL_CONTEXT",
    description: "context of the kubeconfig (default: its current one)",
    commands: COMMANDS,
  },
  {
    flags: "--namespace <name>",
    environment: "KUBECTL_NAMESPACE",
    default: "cali",
    description: "namespace of the cluster",
    commands: COMMANDS,
  },
  {
    flags: "--manifests <directory>",
    environment: "DTLS_CLUSTER_DEPLOY_MANIFESTS",
    description: "manifests to apply (default: those that the server package brings)",
    commands: COMMANDS,
  },
  {
    flags: "--json",
    environment: "DTLS_CLUSTER_DEPLOY_JSON",
    description: "print one JSON object a line",
    commands: COMMANDS,
  },
  {
    flags: "--image <reference>",
    environment: "DTLS_CLUSTER_DEPLOY_IMAGE",
    description:
      "image of the server (update0: default the present one; rollback: default the one before)",
    commands: CHANGING,
  },
  {
    flags: "--dry-run",
    environment: "DTLS_CLUSTER_DEPLOY_DRY_RUN",
    description: "print what would be done if all went well, change nothing",
    commands: CHANGING,
  },
  {
    flags: "--timeout <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_TIMEOUT",
    default: "300",
    description: "give up when no further pod gets ready for this long",
    commands: CHANGING,
  },
  {
    flags: "--problem-timeout <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_PROBLEM_TIMEOUT",
    default: "30",
    description: "give up when a pod has a reason not to get ready for this long",
    commands: CHANGING,
  },
  {
    flags: "--interval <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_INTERVAL",
    default: "2",
    description: "time between two looks at the cluster",
    commands: CHANGING,
  },
  {
    flags: "--drain-quiet <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_DRAIN_QUIET",
    default: "30",
    description: "old pods go when they have relayed nothing for this long",
    commands: SWITCHING,
  },
  {
    flags: "--drain-blind <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_DRAIN_BLIND",
    default: "120",
    description: "old pods whose metrics cannot be read go after this time",
    commands: SWITCHING,
  },
  {
    flags: "--drain-timeout <seconds>",
    environment: "DTLS_CLUSTER_DEPLOY_DRAIN_TIMEOUT",
    default: "240",
    description: "old pods go after this time whatever they relay",
    commands: SWITCHING,
  },
  {
    flags: "--replicas <1..256>",
    environment: "K8S_REPLICAS",
    description:
      "number of nodes (default: the manifest's); of an installed cluster it can only grow",
    commands: ["install"],
  },
  {
    flags: "--certs <directory>",
    environment: "DTLS_CLUSTER_DEPLOY_CERTS",
    description:
      "the four https_*.pem files for handing connections over (default: new ones of a private authority)",
    commands: ["install"],
  },
  {
    flags: "--cert-days <days>",
    environment: "DTLS_CLUSTER_DEPLOY_CERT_DAYS",
    default: "825",
    description: "how long certificates that install makes are valid",
    commands: ["install"],
  },
  {
    flags: "--renew-certs",
    environment: "DTLS_CLUSTER_DEPLOY_RENEW_CERTS",
    description:
      "replace the certificates by those of --certs, or by new ones; the old authority stays trusted",
    commands: ["install"],
  },
  {
    flags: "--psk-file <file>",
    environment: "DTLS_CLUSTER_PSK_FILE",
    description: "pre-shared keys of the clients, lines IDENTITY=BASE64",
    commands: ["install"],
  },
  {
    flags: "--cluster-identity <text>",
    environment: "DTLS_CID_MGMT_IDENTITY",
    default: "cid-cluster-manager",
    description: "PSK identity between the nodes",
    commands: ["install"],
  },
  {
    flags: "--cluster-secret <base64>",
    environment: "DTLS_CID_MGMT_SECRET_BASE64",
    description: "PSK between the nodes (default: 32 random bytes)",
    commands: ["install"],
  },
  {
    flags: "--cookie-secret <base64>",
    environment: "DTLS_CLUSTER_COOKIE_SECRET_BASE64",
    description: "secret of the handshake cookies (default: 32 random bytes)",
    commands: ["install"],
  },
  {
    flags: "--kube-host <host>",
    environment: "KUBECTL_SVC_HOST",
    description:
      'where pods reach the Kubernetes API, "<ip>" for the address of its service (default: kubernetes.default.svc)',
    commands: ["install"],
  },
  {
    flags: "--docker-config <file>",
    environment: "DTLS_CLUSTER_DEPLOY_DOCKER_CONFIG",
    description: "config.json with the registry's credentials, becomes the secret regcred",
    commands: ["install"],
  },
];
