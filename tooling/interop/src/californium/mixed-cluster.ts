import { type ClusterServer, startClusterServer } from "../cluster-server.ts";
import { freePorts } from "../free-port.ts";
import type { CaliforniumRelease } from "./java-programs.ts";
import { TestNode } from "./test-node.ts";

export type ClusterLevel = "udp" | "dtls" | "dtls-mac";

export interface MixedClusterOptions {
  readonly release: CaliforniumRelease;
  /** Who the nodes are; the ids count from 1. */
  readonly kinds: readonly ("theirs" | "ours")[];
  readonly level: ClusterLevel;
  readonly secret: string;
}

const HOST = "127.0.0.1";
const IDENTITY = "dtls-mgmt";
const CLUSTER_SECRET = "topSecret!";

/** A cluster of nodes of both kinds on loopback; each can be killed and started again. */
export class MixedCluster {
  readonly #options: MixedClusterOptions;
  readonly #clusterPort: number;
  readonly #nodes = new Map<number, TestNode | ClusterServer>();
  #latestStart: Promise<unknown> = Promise.resolve();

  private constructor(options: MixedClusterOptions, clusterPort: number) {
    this.#options = options;
    this.#clusterPort = clusterPort;
  }

  /** Starts all nodes and waits until each is ready. */
  static async start(options: MixedClusterOptions): Promise<MixedCluster> {
    const cluster = new MixedCluster(options, await freePorts(2 * options.kinds.length));
    try {
      await Promise.all(cluster.ids.map((id) => cluster.startNode(id)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get ids(): number[] {
    return this.#options.kinds.map((_, index) => index + 1);
  }

  /** The public port of a node; it stays the same over restarts. */
  publicPort(id: number): number {
    return this.#clusterPort + this.#options.kinds.length + id - 1;
  }

  ours(id: number): ClusterServer {
    const node = this.#nodes.get(id);
    if (node === undefined || node instanceof TestNode)
      throw new RangeError(`node ${id} is theirs`);
    return node;
  }

  theirs(id: number): TestNode {
    const node = this.#nodes.get(id);
    if (!(node instanceof TestNode)) throw new RangeError(`node ${id} is ours`);
    return node;
  }

  isOurs(id: number): boolean {
    return this.#options.kinds[id - 1] === "ours";
  }

  async startNode(id: number): Promise<void> {
    const node = this.isOurs(id) ? await this.#startOurs(id) : await this.#startTheirs(id);
    this.#nodes.set(id, node);
  }

  /** Ends a node without a word to anybody. */
  async kill(id: number): Promise<void> {
    const node = this.#nodes.get(id);
    this.#nodes.delete(id);
    node?.process.kill("SIGKILL");
    await node?.process.ended;
  }

  /** Waits until a node has found another one, for the first time or again. */
  async found(by: number, id: number, since = 0): Promise<void> {
    const pattern = this.isOurs(by)
      ? new RegExp(`"event":"node-added","id":${id},`)
      : new RegExp(`"event":"node-found","id":${id}\\}`);
    await this.#process(by).waitFor(pattern, 30_000, since);
  }

  /** Waits until a node gave another one up. */
  async expired(by: number, id: number, since = 0): Promise<void> {
    const pattern = this.isOurs(by)
      ? new RegExp(`"event":"node-removed","id":${id},`)
      : new RegExp(`"event":"node-expired","id":${id}\\}`);
    await this.#process(by).waitFor(pattern, 30_000, since);
  }

  /** What a node has printed so far, for {@link found} and {@link expired}. */
  printed(id: number): number {
    return this.#process(id).printed;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
  }

  #process(id: number) {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`node ${id} does not run`);
    return node.process;
  }

  #clusterPorts(without: number): number[] {
    return this.ids.filter((id) => id !== without).map((id) => this.#clusterPort + id - 1);
  }

  async #startTheirs(id: number): Promise<TestNode> {
    const { release, kinds, level, secret } = this.#options;
    const options = {
      secret,
      port: this.publicPort(id),
      cluster: {
        nodeId: id,
        port: this.#clusterPort + id - 1,
        nodes: this.#clusterPorts(id),
        initialNodes: kinds.length,
        level,
        ...(level === "udp" ? {} : { identity: IDENTITY, secret: CLUSTER_SECRET }),
      },
    };
    const node = await this.#oneByOne(() => TestNode.start(release, options));
    await node.event("cluster-ready");
    return node;
  }

  /**
   * Two Californium nodes whose handshakes meet fail each other's. Who knows a third node tries again only after
   * ten seconds, and so in step with the other one.
   */
  #oneByOne<T>(start: () => Promise<T>): Promise<T> {
    const started = this.#latestStart.then(start);
    this.#latestStart = started.catch(() => undefined);
    return started;
  }

  #startOurs(id: number): Promise<ClusterServer> {
    const { kinds, level, secret } = this.#options;
    const nodes = this.#clusterPorts(id).map((port) => `${HOST}:${port}`);
    const security = [
      ...["--cluster-level", level, "--cluster-identity", IDENTITY],
      ...["--cluster-secret", Buffer.from(CLUSTER_SECRET).toString("base64")],
    ];
    return startClusterServer(
      ...["--node-id", String(id), "--psk", `*:${secret}`],
      ...["--coaps", `${HOST}:${this.publicPort(id)}`],
      ...["--cluster", `${HOST}:${this.#clusterPort + id - 1}`],
      ...["--cluster-nodes", nodes.join(","), "--initial-nodes", String(kinds.length)],
      ...(level === "udp" ? [] : security),
    );
  }
}
