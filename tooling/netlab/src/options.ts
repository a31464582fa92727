import { Command, InvalidArgumentError, Option } from "commander";
import { type ClusterMode, clusterModes } from "./run/cluster-run.ts";
import { type ClusterLevel, clusterLevels } from "./run/stage.ts";
import { type UpdateMode, updateModes } from "./run/update-run.ts";

export interface LabOptions {
  readonly command: "cluster" | "update" | "all" | "clean";
  /** `all`: one run after the other. */
  readonly mode: ClusterMode | UpdateMode | "all";
  readonly nodes: number;
  readonly clusterLevel: ClusterLevel;
  readonly clients: number;
  /** Seconds of load in a run; undefined: as long as the updates need. */
  readonly duration: number | undefined;
  readonly rebindInterval: number;
  readonly updates: number;
  readonly newClients: number;
  readonly reportOnly: boolean;
  readonly ifPossible: boolean;
  readonly json: string | undefined;
  readonly keep: boolean;
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

const DEFAULTS = {
  mode: "all",
  nodes: 3,
  clusterLevel: "dtls-mac",
  clients: 4000,
  duration: undefined,
  rebindInterval: 5,
  updates: 2,
  newClients: 200,
  reportOnly: false,
  ifPossible: false,
  json: undefined,
  keep: false,
} as const;

/** Parses the arguments of `npm run netlab`; ends the process with code 2 on a wrong one. */
export function parseOptions(argv: readonly string[]): LabOptions {
  let parsed: LabOptions | undefined;
  const take = (command: LabOptions["command"]) => (values: Partial<LabOptions>) => {
    parsed = { ...DEFAULTS, ...values, command };
  };
  const program = new Command("npm run netlab --")
    .description(
      "Runs clusters on real hosts inside this machine: network namespaces, a NAT, and a service address by iptables.",
    )
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EPILOGUE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const command of [addCluster(program), addUpdate(program), addAll(program)]) {
    addCommonOptions(command).action(take(command.name() as LabOptions["command"]));
  }
  program
    .command("clean")
    .description("remove what runs left that were killed")
    .action(take("clean"));
  program.parse(argv as string[], { from: "user" });
  return parsed ?? program.help({ error: true });
}

function addCluster(program: Command): Command {
  return program
    .command("cluster")
    .description("load against a cluster that stays as it is")
    .addOption(modeOption("how the service address and the NAT behave", clusterModes))
    .option("--clients <n>", "CoAP/DTLS clients", integer(1, 16_000), 4000)
    .option("--duration <seconds>", "seconds of load in each run", integer(5, 86_400), 20)
    .option(
      "--rebind-interval <seconds>",
      "mode rebind: time between two new mappings",
      integer(1, 3600),
      5,
    );
}

function addUpdate(program: Command): Command {
  return program
    .command("update")
    .description("replace all nodes under load, several times")
    .addOption(modeOption("what becomes of connections to the old nodes", updateModes))
    .option("--clients <n>", "CoAP/DTLS clients", integer(1, 16_000), 4000)
    .option("--updates <n>", "updates in a row in each run", integer(1, 20), 2)
    .option("--new-clients <n>", "handshakes that begin during each switch", integer(1, 5000), 200)
    .option(
      "--duration <seconds>",
      "seconds of load (default: until the updates are over)",
      integer(10, 86_400),
    );
}

function addAll(program: Command): Command {
  return program
    .command("all")
    .description("every mode of both, shortly: for continuous integration")
    .option("--clients <n>", "CoAP/DTLS clients", integer(1, 16_000), 600)
    .option("--duration <seconds>", "seconds of load in each run of cluster", integer(5, 3600), 8)
    .option("--updates <n>", "updates in a row in each run of update", integer(1, 20), 1);
}

function addCommonOptions(command: Command): Command {
  return command
    .option("--nodes <n>", "server processes", integer(1, 16), 3)
    .addOption(
      new Option("--cluster-level <level>", "protection between the nodes")
        .choices(clusterLevels)
        .default(DEFAULTS.clusterLevel),
    )
    .option("--report-only", "limits that a busy machine may miss are told, not judged")
    .option("--if-possible", "end with 0 when this machine does not allow namespaces")
    .option("--json <file>", "write the checks to FILE")
    .option("--keep", "keep logs, figures and captures")
    .helpOption("-h, --help", "show this help");
}

function modeOption(description: string, modes: readonly string[]): Option {
  return new Option("--mode <mode>", description).choices([...modes, "all"]).default("all");
}

const EPILOGUE = `
Modes of cluster:
  sticky       conntrack keeps each client at a node chosen by chance, as kube-proxy in iptables mode does
  per-packet   every datagram goes to the next node in turn, handshakes included
  rebind       sticky, and the clients' NAT forgets its mappings every few seconds
Modes of update:
  stuck        tracked connections stay with the old nodes as long as these run
  flushed      tracked connections end as soon as their endpoint is not ready, as with a current kube-proxy
  per-packet   every datagram goes to the next ready node in turn, old or new

Exit codes: 0 all held, 1 something did not, 2 wrong option or not possible here, 130 and 143 after SIGINT and SIGTERM.`;
