import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { freeUdpPorts } from "./free-ports.ts";
import { NodeProcess } from "./node-process.ts";

const SERVER = fileURLToPath(new URL("../../../apps/server/dist/main.js", import.meta.url));
const READY_TIMEOUT_MS = 30_000;

/** Identity prefix and secret of the demonstration's clients; they protect nothing but loopback. */
export const DEMO_PSK = "cali.*:.fornium";

/** Server processes that form one cluster on loopback. */
export class Cluster {
  readonly nodes: readonly NodeProcess[];

  private constructor(nodes: readonly NodeProcess[]) {
    this.nodes = nodes;
  }

  static async start(count: number): Promise<Cluster> {
    const ports = await freeUdpPorts(2 * count);
    const addresses = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      coaps: `127.0.0.1:${ports[2 * index]}`,
      cluster: `127.0.0.1:${ports[2 * index + 1]}`,
    }));
    const all = addresses.map((address) => address.cluster).join(",");
    const cookieSecret = randomBytes(32).toString("base64");
    return new Cluster(
      addresses.map((address) => {
        const args = [
          ["--node-id", String(address.id)],
          ["--coaps", address.coaps],
          ["--coap", "off"],
          ["--cluster", address.cluster],
          ["--cluster-nodes", all],
          ["--psk", DEMO_PSK],
        ].flat();
        return new NodeProcess(address, SERVER, args, {
          DTLS_CLUSTER_COOKIE_SECRET_BASE64: cookieSecret,
        });
      }),
    );
  }

  /** Waits until every node says that it is ready. @throws Error that names the node that is not. */
  async ready(): Promise<void> {
    await Promise.all(
      this.nodes.map(async (node) => {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<"late">((resolve) => {
          timer = setTimeout(() => resolve("late"), READY_TIMEOUT_MS);
        });
        const outcome = await Promise.race([node.event("ready"), late]);
        clearTimeout(timer);
        if (outcome === "late")
          throw new Error(
            `node ${node.addresses.id} did not get ready within ${READY_TIMEOUT_MS / 1000} s`,
          );
        if (outcome === undefined)
          throw new Error(`node ${node.addresses.id} ended before it was ready`);
      }),
    );
  }

  /** Settles with the first node that ends by itself. */
  firstEnd(): Promise<NodeProcess> {
    return Promise.race(this.nodes.map((node) => node.ended.then(() => node)));
  }

  /** Stops all nodes and returns their exit codes. */
  stop(): Promise<number[]> {
    return Promise.all(this.nodes.map((node) => node.stop()));
  }
}
