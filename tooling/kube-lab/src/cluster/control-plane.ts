import type { Binaries } from "../binaries.ts";
import type { LabHost } from "../host/lab-host.ts";
import {
  API_PORT,
  API_SERVICE_ADDRESS,
  CONTROL_ADDRESS,
  POD_NETWORK,
  SERVICE_NETWORK,
} from "../host/network.ts";
import type { Authority } from "./authority.ts";

const ETCD_URL = "http://127.0.0.1:2379";

/** Starts a program of the control plane; returns its process number. */
type Start = (name: string, args: readonly string[]) => Promise<number>;

export const CONTROL_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;
export type ControlProgram = (typeof CONTROL_PROGRAMS)[number];

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler on one host. */
export class ControlPlane {
  readonly #start: Start;
  readonly #authority: Authority;
  readonly #kubeconfig: (user: string) => string;

  /** @param kubeconfig the path of the file with which a user reaches the API server */
  constructor(
    host: LabHost,
    binaries: Binaries,
    authority: Authority,
    kubeconfig: (user: string) => string,
  ) {
    this.#start = (name, args) => host.start(name, binaries.path(name), args);
    this.#authority = authority;
    this.#kubeconfig = kubeconfig;
  }

  /** Makes the certificates of all programs. @throws LabError */
  async prepare(): Promise<void> {
    const authority = this.#authority;
    authority.createTokenKey("service-account");
    await Promise.all([
      authority.issue("kube-apiserver", {
        user: "kube-apiserver",
        hosts: [
          ...[CONTROL_ADDRESS, API_SERVICE_ADDRESS, "127.0.0.1"],
          ...["kubernetes", "kubernetes.default", "kubernetes.default.svc"],
        ],
      }),
      authority.issue("kubelet-client", { user: "kube-apiserver", group: "system:masters" }),
      authority.issue("admin", { user: "kube-lab-admin", group: "system:masters" }),
      authority.issue("kube-controller-manager", { user: "system:kube-controller-manager" }),
      authority.issue("kube-scheduler", { user: "system:kube-scheduler" }),
      authority.issue("kube-proxy", { user: "system:kube-proxy" }),
    ]);
  }

  /** Starts one of the programs; returns its process number. @throws LabError */
  start(program: ControlProgram): Promise<number> {
    return this.#start(program, this.#arguments(program));
  }

  #arguments(program: ControlProgram): string[] {
    const kubeconfig = this.#kubeconfig(program);
    switch (program) {
      case "etcd":
        return etcdArguments();
      case "kube-apiserver":
        return apiServerArguments(this.#authority);
      case "kube-controller-manager":
        return [
          ...controllerArguments(this.#authority),
          `--kubeconfig=${kubeconfig}`,
          "--leader-elect=false",
        ];
      case "kube-scheduler":
        return [`--kubeconfig=${kubeconfig}`, "--leader-elect=false"];
    }
  }
}

function etcdArguments(): string[] {
  return [
    "--data-dir=/var/lib/etcd",
    `--listen-client-urls=${ETCD_URL}`,
    `--advertise-client-urls=${ETCD_URL}`,
    "--listen-peer-urls=http://127.0.0.1:2380",
    // Its files are in memory and end with the lab.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServerArguments(authority: Authority): string[] {
  return [
    `--etcd-servers=${ETCD_URL}`,
    `--advertise-address=${CONTROL_ADDRESS}`,
    `--secure-port=${API_PORT}`,
    `--service-cluster-ip-range=${SERVICE_NETWORK}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--client-ca-file=${authority.certificate}`,
    `--tls-cert-file=${authority.certificateOf("kube-apiserver")}`,
    `--tls-private-key-file=${authority.keyOf("kube-apiserver")}`,
    `--kubelet-client-certificate=${authority.certificateOf("kubelet-client")}`,
    `--kubelet-client-key=${authority.keyOf("kubelet-client")}`,
    `--kubelet-certificate-authority=${authority.certificate}`,
    // Names of nodes are in no DNS.
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${authority.certificateOf("service-account")}`,
    `--service-account-signing-key-file=${authority.keyOf("service-account")}`,
  ];
}

function controllerArguments(authority: Authority): string[] {
  return [
    `--root-ca-file=${authority.certificate}`,
    `--service-account-private-key-file=${authority.keyOf("service-account")}`,
    "--use-service-account-credentials=true",
    `--cluster-cidr=${POD_NETWORK}`,
    "--allocate-node-cidrs=false",
  ];
}
