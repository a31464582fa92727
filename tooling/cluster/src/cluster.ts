import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { freeTcpPorts, freeUdpPorts } from "@dtls-cluster/testkit/free-ports";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { type NodeAddresses, NodeProcess } from "./node-process.ts";

const SERVER = fileURLToPath(new URL("../../../apps/server/dist/main.js", import.meta.url));
const READY_TIMEOUT_MS = 30_000;
/** Old nodes end by themselves when nothing reached them for this long. */
const RELAY_IDLE_SECONDS = 3;

/** Identity prefix and secret of the demonstration's clients; they protect nothing but loopback. */
export const DEMO_PSK = "cali.*:.fornium";

/** Protection between the nodes, with a secret of the run's own. */
export type ClusterLevel = "udp" | "dtls" | "dtls-mac";

/** One node that was replaced by another process. */
export interface Replacement {
  readonly from: NodeProcess;
  readonly to: NodeProcess;
}

/** Server processes that form one cluster on loopback, and replace each other. */
export class Cluster {
  readonly #certificates: Certificates = makeCertificates();
  readonly #environment: Readonly<Record<string, string>>;
  readonly #all: NodeProcess[] = [];
  readonly #replacements: Replacement[] = [];
  #nodes: readonly NodeProcess[] = [];
  #updates = 0;

  private constructor(level: ClusterLevel) {
    const secret = (): string => randomBytes(32).toString("base64");
    this.#environment = {
      DTLS_CLUSTER_COOKIE_SECRET_BASE64: secret(),
      ...(level === "udp"
        ? {}
        : {
            DTLS_CLUSTER_LEVEL: level,
            DTLS_CID_MGMT_IDENTITY: "demo",
            DTLS_CID_MGMT_SECRET_BASE64: secret(),
          }),
    };
  }

  static async start(count: number, level: ClusterLevel): Promise<Cluster> {
    const cluster = new Cluster(level);
    const addresses = await makeAddresses(count, "a");
    cluster.#nodes = addresses.map((address) => cluster.#spawn(address, addresses, undefined));
    return cluster;
  }

  /** The processes that serve. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes;
  }

  /** All processes that ever were part of the cluster. */
  get all(): readonly NodeProcess[] {
    return this.#all;
  }

  get replacements(): readonly Replacement[] {
    return this.#replacements;
  }

  /** Waits until every node says that it is ready. @throws Error that names the node that is not. */
  async ready(): Promise<void> {
    await Promise.all(this.#nodes.map(waitUntilReady));
  }

  /** Starts a process of the other colour for each node and waits until they have taken everything over. */
  async update(): Promise<void> {
    this.#updates += 1;
    const before = this.#nodes;
    const colour = this.#updates % 2 === 0 ? "a" : "b";
    const addresses = await makeAddresses(before.length, colour);
    const after = addresses.map((address, index) => this.#spawn(address, addresses, before[index]));
    await Promise.all(after.map(waitUntilReady));
    this.#nodes = after;
    for (const [index, from] of before.entries()) {
      this.#replacements.push({ from, to: after[index] as NodeProcess });
    }
  }

  /** Settles with the first serving node that ends by itself. */
  async firstEnd(): Promise<NodeProcess> {
    for (;;) {
      const ended = await Promise.race(this.#all.map((node) => node.ended.then(() => node)));
      if (this.#nodes.includes(ended)) return ended;
      // Replaced nodes are expected to end; wait for the others alone.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const failed = this.#nodes.find((node) => node.hasEnded);
      if (failed !== undefined) return failed;
    }
  }

  /** Stops all processes and returns the exit codes of all that ever ran. */
  async stop(): Promise<number[]> {
    const codes = await Promise.all(this.#all.map((node) => node.stop()));
    this.#certificates.remove();
    return codes;
  }

  #spawn(
    address: NodeAddresses,
    group: readonly NodeAddresses[],
    double: NodeProcess | undefined,
  ): NodeProcess {
    const args = [
      ["--node-id", String(address.id)],
      ["--coaps", address.coaps],
      ["--coap", "off"],
      ["--cluster", address.cluster],
      ["--cluster-nodes", group.map(({ cluster }) => cluster).join(",")],
      ["--handover", address.handover],
      ["--certs", this.#certificates.directory],
      ["--relay-idle", String(RELAY_IDLE_SECONDS)],
      ["--psk", DEMO_PSK],
      double === undefined ? [] : ["--double", double.addresses.handover],
    ].flat();
    const node = new NodeProcess(address, SERVER, args, this.#environment);
    this.#all.push(node);
    return node;
  }
}

async function makeAddresses(count: number, colour: string): Promise<NodeAddresses[]> {
  const [udp, tcp] = await Promise.all([freeUdpPorts(2 * count), freeTcpPorts(count)]);
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `${index + 1}${colour}`,
    coaps: `127.0.0.1:${udp[2 * index]}`,
    cluster: `127.0.0.1:${udp[2 * index + 1]}`,
    handover: `127.0.0.1:${tcp[index]}`,
  }));
}

async function waitUntilReady(node: NodeProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), READY_TIMEOUT_MS);
  });
  const outcome = await Promise.race([node.event("ready"), late]);
  clearTimeout(timer);
  if (outcome === "late") {
    throw new Error(
      `node ${node.addresses.name} did not get ready within ${READY_TIMEOUT_MS / 1000} s`,
    );
  }
  if (outcome === undefined) {
    throw new Error(`node ${node.addresses.name} ended before it was ready`);
  }
}
