import { nodeGroup } from "../host/control-groups.ts";
import { CLUSTER_DOMAIN, CONTROL_ADDRESS, POD_NETWORK, podNetwork } from "../host/network.ts";

/** The image that keeps the namespaces of a pod. */
export const PAUSE_IMAGE = "localhost/kube-lab-pause:1";

export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

const CNI_FOLDER = "/run/cni";

export interface NodeSettings {
  readonly lab: string;
  readonly name: string;
  /** From 1 on. */
  readonly index: number;
  readonly address: string;
  /** The authority's certificate, and the node's own with its key. */
  readonly trust: string;
  readonly certificate: string;
  readonly key: string;
  readonly proxyKubeconfig: string;
}

/** The files of a node, by name; {@link startNode} puts them in the node's /run/kube-lab. */
export function nodeFiles(settings: NodeSettings): Record<string, string> {
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  return {
    "containerd.toml": CONTAINERD_CONFIG,
    "kubelet.json": json(kubeletConfig(settings)),
    "kube-proxy.json": json(proxyConfig(settings)),
    "pods.conflist": json(podNetworkConfig(settings.index)),
    "resolv.conf": "",
  };
}

const CONTAINERD_CONFIG = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE no sandbox starts otherwise.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${CNI_FOLDER}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;

/** Where containerd looks for {@link podNetworkConfig}. */
export const CNI_CONFIG_FILE: string = `${CNI_FOLDER}/10-pods.conflist`;

function podNetworkConfig(index: number): unknown {
  const ipam = {
    type: "host-local",
    dataDir: "/run/cni-addresses",
    ranges: [[{ subnet: podNetwork(index) }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [{ type: "ptp", ipMasq: false, ipam }],
  };
}

function kubeletConfig(settings: NodeSettings): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: settings.trust },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: settings.certificate,
    tlsPrivateKeyFile: settings.key,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    // Each node keeps its pods apart from those of others on this machine.
    cgroupRoot: nodeGroup(settings.lab, settings.name),
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    evictionHard: { "memory.available": "50Mi" },
    imageGCHighThresholdPercent: 100,
    clusterDNS: [CONTROL_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: "/run/kube-lab/resolv.conf",
    maxPods: 60,
  };
}

function proxyConfig(settings: NodeSettings): unknown {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: settings.proxyKubeconfig },
    mode: "iptables",
    clusterCIDR: POD_NETWORK,
    hostnameOverride: settings.name,
    // These settings belong to the whole machine, and this namespace may not change them.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
      udpTimeout: "0s",
      udpStreamTimeout: "0s",
    },
  };
}
