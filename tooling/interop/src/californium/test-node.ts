import { JavaPeer, javaArguments } from "./java-peer.ts";
import type { CaliforniumRelease } from "./java-programs.ts";

export interface TestNodeOptions {
  /** Pre-shared key of all identities. */
  readonly secret: string;
  /** 0, the default: one of the system's choice. */
  readonly port?: number;
  readonly cidLength?: number;
  /** Suites by IANA name. Default: all that Californium has for PSK. */
  readonly cipher?: readonly string[];
  readonly mtu?: number;
  readonly retransmissionMs?: number;
  /** Names the connector in saved states. Default: `dtls://0.0.0.0:5784`. */
  readonly label?: string;
  /** In its Connection IDs; not needed with `cluster`. */
  readonly nodeId?: number;
  readonly cluster?: TestNodeCluster;
  /** A file with connections to begin with. */
  readonly load?: string;
  readonly password?: string;
  /** Directory with the PEM files of either role. */
  readonly certs?: string;
  /** https port of a node to ask for its connections. */
  readonly restore?: number;
  /** Gives its connections to whoever asks, on a port of the system's choice. */
  readonly givesState?: boolean;
  readonly virtualMachine?: readonly string[];
}

export interface TestNodeCluster {
  readonly nodeId: number;
  readonly port: number;
  /** Cluster ports of the other nodes. */
  readonly nodes: readonly number[];
  readonly initialNodes: number;
  readonly level: "udp" | "dtls" | "dtls-mac";
  readonly identity?: string;
  readonly secret?: string;
}

const HOST = "127.0.0.1";

/** A server made of Californium's connectors; in a cluster, it pings as Californium's own manager does. */
export class TestNode extends JavaPeer {
  #port = 0;
  #httpsPort = 0;

  static async start(release: CaliforniumRelease, options: TestNodeOptions): Promise<TestNode> {
    const node = new TestNode(release, "TestNode", argumentsOf(options), options.virtualMachine);
    const { coaps, https } = await node.ready();
    node.#port = Number(coaps);
    node.#httpsPort = Number(https);
    return node;
  }

  get port(): number {
    return this.#port;
  }

  get httpsPort(): number {
    return this.#httpsPort;
  }

  /** Stops serving and writes the connections to a file. */
  async save(file: string, password?: string): Promise<{ bytes: number; ms: number }> {
    const { bytes, ms } = await this.ask(`save ${file} ${password ?? ""}`, "saved");
    return { bytes: Number(bytes), ms: Number(ms) };
  }

  /** Ids of the other nodes that it knows. */
  async nodes(): Promise<readonly number[]> {
    const { ids } = await this.ask("nodes", "nodes");
    return JSON.parse(String(ids)) as number[];
  }

  /** Californium's health counters. */
  async counters(): Promise<Readonly<Record<string, number>>> {
    return (await this.ask("counters", "counters")) as unknown as Record<string, number>;
  }

  /** Bytes of the heap that are in use. */
  async heap(): Promise<number> {
    return Number((await this.ask("memory", "memory"))["heap"]);
  }
}

function argumentsOf(options: TestNodeOptions): string[] {
  const { port = 0, cluster, restore, givesState, secret, cipher } = options;
  return javaArguments({
    secret,
    coaps: `${HOST}:${port}`,
    "cid-length": options.cidLength,
    cipher: cipher?.join(":"),
    mtu: options.mtu,
    "retransmission-ms": options.retransmissionMs,
    label: options.label,
    load: options.load,
    password: options.password,
    certs: options.certs,
    restore: restore === undefined ? undefined : `${HOST}:${restore}`,
    "restore-listen": givesState === true ? `${HOST}:0` : undefined,
    "node-id": options.nodeId,
    ...(cluster && {
      "node-id": cluster.nodeId,
      cluster: `${HOST}:${cluster.port}`,
      nodes: cluster.nodes.map((peer) => `${HOST}:${peer}`).join(","),
      "initial-nodes": cluster.initialNodes,
      level: cluster.level,
      identity: cluster.identity,
      "cluster-secret": cluster.secret,
    }),
  });
}
