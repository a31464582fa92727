import { Command, InvalidArgumentError, Option } from "commander";
import type { ClusterLevel } from "./cluster.ts";

export interface ClusterOptions {
  readonly nodes: number;
  readonly clients: number;
  /** Seconds of load. */
  readonly duration: number;
  readonly json: string | undefined;
  readonly clusterLevel: ClusterLevel;
  readonly spread: boolean;
  /** How often all nodes are replaced while the load runs. */
  readonly updates: number;
  /** Clients that begin their handshakes while the nodes are replaced. */
  readonly newcomers: number;
}

const integer =
  (minimum: number, maximum: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`Accepted is an integer from ${minimum} to ${maximum}.`);
    }
    return number;
  };

/** Parses the arguments of `npm start`; ends the process with code 2 on a wrong one. */
export function parseOptions(argv: readonly string[]): ClusterOptions {
  const command = new Command("npm start --")
    .description(
      "Starts a DTLS Connection-ID cluster of server processes on loopback, loads it and reports.",
    )
    .option("--nodes <n>", "server processes", integer(1, 16), 3)
    .option("--clients <n>", "CoAP/DTLS clients", integer(1, 16_000), 4000)
    .option("--duration <seconds>", "seconds of load after set-up", integer(1, 86_400), 30)
    .addOption(
      new Option("--cluster-level <level>", "protection between the nodes")
        .choices(["udp", "dtls", "dtls-mac"])
        .default("dtls-mac"),
    )
    .option("--json <file>", "write the benchmark's report to FILE")
    .option("--updates <n>", "replace all nodes so often under load", integer(0, 100), 1)
    .option("--update", "replace all nodes once in the middle of the run (the default)")
    .option("--newcomers <n>", "clients that connect during each update", integer(0, 10_000), 200)
    .option("--no-update", "replace no node")
    .option("--no-spread", "each client sends to its own node only, so that nothing is forwarded")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EPILOGUE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const parsed = command
    .parse(argv as string[], { from: "user" })
    .opts<ClusterOptions & { readonly update?: boolean }>();
  return parsed.update === false ? { ...parsed, updates: 0 } : parsed;
}

const EPILOGUE = `
The clients run at a low priority: unlike those of devices, their processor time would be the servers'.`;
