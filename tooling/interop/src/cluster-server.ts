import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InteropError } from "./interop-error.ts";
import { PeerProcess } from "./peer-process.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts a program of this repository from its sources. */
export function ownProgram(app: "server" | "benchmark", args: readonly string[]): PeerProcess {
  return new PeerProcess(join(root, "node_modules", ".bin", "node"), [
    "--conditions=@dtls-cluster/source",
    "--disable-warning=ExperimentalWarning",
    join(root, "apps", app, "src", "main.ts"),
    ...args,
  ]);
}

/** A `dtls-cluster-server` process that stands alone on loopback ports of the system's choice. */
export interface ClusterServer {
  readonly process: PeerProcess;
  readonly coapsPort: number;
  readonly coapPort: number;
  stop(): Promise<void>;
}

/** Starts the server and waits until it serves. @throws InteropError when it does not. */
export async function startClusterServer(...args: readonly string[]): Promise<ClusterServer> {
  const process = ownProgram("server", [
    ...["--node-id", "1", "--coaps", "127.0.0.1:0", "--coap", "127.0.0.1:0"],
    ...args,
  ]);
  try {
    const [line] = await process.waitFor(/^.*"event":"ready".*$/m, 40_000);
    const { coaps, coap } = JSON.parse(line) as { coaps: string; coap: string };
    const stop = () => process.stop();
    return { process, coapsPort: portOf(coaps), coapPort: portOf(coap), stop };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

function portOf(address: string): number {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  if (!(port > 0)) throw new InteropError(`not an address: ${address}`);
  return port;
}
