import { execute } from "../execute.ts";
import { LabError } from "../lab-error.ts";
import type { LabHost } from "./lab-host.ts";

/** Where things are in a lab. The namespaces see nothing else, so every lab has the same addresses. */
export const CONTROL_ADDRESS = "172.30.0.1";
export const CLIENT_ADDRESS = "172.30.0.100";
export const POD_NETWORK = "10.244.0.0/16";
export const SERVICE_NETWORK = "10.96.0.0/16";
export const API_SERVICE_ADDRESS = "10.96.0.1";
/** The names of the cluster end with it. */
export const CLUSTER_DOMAIN = "cluster.local";
export const API_PORT = 6443;
export const API_URL: string = `https://${CONTROL_ADDRESS}:${API_PORT}`;

export const nodeAddress = (index: number): string => `172.30.0.${10 + index}`;
export const podNetwork = (index: number): string => `10.244.${index}.0/24`;

const BRIDGE = "lab0";

/** Makes the network that all hosts are joined by: a bridge in the control plane's namespace. @throws LabError */
export async function createBridge(control: LabHost): Promise<void> {
  await control.script([
    "ip link set lo up",
    `ip link add ${BRIDGE} type bridge forward_delay 0`,
    `ip address add ${CONTROL_ADDRESS}/24 dev ${BRIDGE}`,
    `ip link set ${BRIDGE} up`,
  ]);
}

/** Joins a host to the bridge, as eth0 with this address. @throws LabError */
export async function joinBridge(control: LabHost, host: LabHost, address: string): Promise<void> {
  if (host.name.length > 15) {
    throw new LabError(`host name ${host.name}: accepted are up to 15 characters`);
  }
  const { pid } = host;
  await execute("nsenter", [
    ...[`--net=/proc/${control.pid}/ns/net`, "ip", "link", "add", host.name, "type", "veth"],
    ...["peer", "name", "eth0", "netns", String(pid)],
  ]);
  await control.script([`ip link set ${host.name} master ${BRIDGE} up`]);
  await host.script([
    "ip link set lo up",
    `ip address add ${address}/24 dev eth0`,
    "ip link set eth0 up",
    `ip route add default via ${CONTROL_ADDRESS}`,
  ]);
}

/** Tells every host the way to the pods, and the clients the way to the services: through all nodes in turn. @throws LabError */
export async function addRoutes(
  control: LabHost,
  nodes: readonly LabHost[],
  client: LabHost,
): Promise<void> {
  for (const host of [control, client, ...nodes]) {
    const lines = nodes.map((node, i) => [node, podNetwork(i + 1), nodeAddress(i + 1)] as const);
    await host.script(
      lines
        .filter(([node]) => node !== host)
        .map(([, network, via]) => `ip route add ${network} via ${via}`),
    );
  }
  const hops = nodes.map((_, i) => `nexthop via ${nodeAddress(i + 1)}`).join(" ");
  await client.script([
    // A balancer spreads flows, not clients.
    "echo 1 > /proc/sys/net/ipv4/fib_multipath_hash_policy",
    `ip route add ${SERVICE_NETWORK} ${hops}`,
  ]);
}
