import type { V1Container, V1PodSpec } from "@kubernetes/client-node";

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
const PROFILES = ["RuntimeDefault", "Localhost"];
const SAFE_SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
];

/** Where a pod breaks the level "restricted" of the Pod Security Standards. */
export function restrictedFaults(pod: V1PodSpec): string[] {
  const context = pod.securityContext;
  const containers = [...pod.containers, ...(pod.initContainers ?? [])];
  const claims: readonly (readonly [boolean, string])[] = [
    [pod.hostNetwork !== true, "hostNetwork"],
    [pod.hostPID !== true, "hostPID"],
    [pod.hostIPC !== true, "hostIPC"],
    [context?.windowsOptions?.hostProcess !== true, "hostProcess"],
    [(pod.volumes ?? []).every(isAllowedVolume), "a volume of a forbidden type"],
    [(context?.sysctls ?? []).every(({ name }) => SAFE_SYSCTLS.includes(name)), "sysctls"],
    [context?.runAsUser !== 0, "runAsUser 0"],
  ];
  return [
    ...claims.filter(([holds]) => !holds).map(([, fault]) => fault),
    ...containers.flatMap((container) =>
      containerFaults(container, pod).map((fault) => `${container.name}: ${fault}`),
    ),
  ];
}

function containerFaults(container: V1Container, pod: V1PodSpec): string[] {
  const own = container.securityContext;
  const around = pod.securityContext;
  const capabilities = own?.capabilities;
  const profile = (own?.seccompProfile ?? around?.seccompProfile)?.type;
  const claims: readonly (readonly [boolean, string])[] = [
    [own?.privileged !== true, "privileged"],
    [own?.allowPrivilegeEscalation === false, "allowPrivilegeEscalation is not false"],
    [(own?.runAsNonRoot ?? around?.runAsNonRoot) === true, "runAsNonRoot is not true"],
    [own?.runAsUser !== 0, "runAsUser 0"],
    [PROFILES.includes(profile ?? ""), "no seccomp profile"],
    [capabilities?.drop?.includes("ALL") === true, "does not drop ALL capabilities"],
    [
      (capabilities?.add ?? []).every((name) => name === "NET_BIND_SERVICE"),
      "adds a forbidden capability",
    ],
    [(own?.procMount ?? "Default") === "Default", "procMount"],
    [(container.ports ?? []).every(({ hostPort }) => (hostPort ?? 0) === 0), "hostPort"],
  ];
  return claims.filter(([holds]) => !holds).map(([, fault]) => fault);
}

function isAllowedVolume(volume: object): boolean {
  return Object.keys(volume).every((key) => key === "name" || VOLUMES.includes(key));
}
