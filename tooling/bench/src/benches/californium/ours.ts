import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CollectedMemory } from "../../gc-on-signal.ts";
import { bounded } from "../../process/bounded.ts";
import { Server, type ServerOptions } from "../../process/server.ts";
import type { MeasuredServer, Peer } from "./peer.ts";

const PRELOAD = fileURLToPath(new URL("../../gc-on-signal.ts", import.meta.url));
const NODE_ARGS = [
  ...["--expose-gc", "--conditions=@dtls-cluster/source"],
  ...["--disable-warning=ExperimentalWarning", "--import", PRELOAD],
];

/** Our server, its files in either format. */
export function ownPeer(saveFile: string, format: "own" | "californium"): Peer {
  const args = ["--save", saveFile, "--save-format", format];
  return {
    name: `dtls-cluster, ${format === "own" ? "own format" : "Californium's format"}`,
    start: () => startAlone(args),
    startPair: async () => {
      const nodes = await Server.startCluster(2, { batch: "auto" });
      const memory = async (): Promise<number> => Number.NaN;
      const saveAndLoad = async (): Promise<never> => {
        throw new RangeError("nodes of a cluster are not saved here");
      };
      return nodes.map((node) => ({
        pid: node.pid,
        coaps: node.coaps,
        memory,
        saveAndLoad,
        stop: () => node.stop(),
      }));
    },
  };
}

async function startAlone(args: readonly string[]): Promise<MeasuredServer> {
  let deliver: (memory: CollectedMemory) => void = () => {};
  let saveMs = Number.NaN;
  const common = { batch: "auto", nodeArgs: NODE_ARGS } as const satisfies ServerOptions;
  const server = await Server.start({
    ...common,
    args,
    onMessage: (message) => deliver(message as CollectedMemory),
    onEvent: ({ event, ms }) => {
      if (event === "saved") saveMs = Number(ms);
    },
  });
  return {
    pid: server.pid,
    coaps: server.coaps,
    memory: async () => {
      const answer = new Promise<CollectedMemory>((resolve) => {
        deliver = resolve;
      });
      server.child.signal("SIGUSR2");
      const { heapUsed, external } = await bounded(answer, 30_000, () =>
        server.child.problem("does not collect"),
      );
      return heapUsed + external;
    },
    saveAndLoad: async (file) => {
      await server.stop();
      const { size } = statSync(file);
      let loadMs = Number.NaN;
      const next = await Server.start({
        ...common,
        args: ["--restore", file],
        onEvent: ({ event, ms }) => {
          if (event === "restored") loadMs = Number(ms);
        },
      });
      await next.stop();
      return { bytes: size, saveMs, loadMs };
    },
    stop: () => server.stop(),
  };
}
