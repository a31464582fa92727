import { Command, InvalidArgumentError, Option } from "commander";
import type { DemoOptions } from "./demo/demo.ts";

/** What cluster a lab has. */
export interface ClusterOptions {
  readonly nodes: number;
  readonly keepsConntrack: boolean;
}

interface NameOption {
  readonly name: string;
}

export interface ImageOptions {
  readonly tag: string;
  readonly base: string | undefined;
  /** Makes the build context in this folder, and nothing else. */
  readonly context: string | undefined;
}

export interface TestOptions extends ClusterOptions {
  readonly ifPossible: boolean;
  readonly json: string | undefined;
  readonly filter: readonly string[];
}

export type LabOptions =
  | ({ readonly command: "up" } & NameOption & ClusterOptions)
  | ({ readonly command: "down"; readonly all: boolean } & NameOption)
  | ({ readonly command: "status" } & NameOption)
  | ({ readonly command: "load"; readonly archive: string } & NameOption)
  | ({ readonly command: "run"; readonly run: readonly string[] } & NameOption)
  | ({ readonly command: "image" } & ImageOptions)
  | ({ readonly command: "demo" } & DemoOptions)
  | ({ readonly command: "test" } & TestOptions);

type Take = (options: LabOptions) => void;

/** Parses the arguments of `npm run kube-lab`; ends the process with code 2 on a wrong one. */
export function parseOptions(argv: readonly string[]): LabOptions {
  let parsed: LabOptions | undefined;
  const program = new Command("npm run kube-lab --")
    .description("Runs a real Kubernetes on this machine, in namespaces of its own.")
    .helpOption("-h, --help", "show this help")
    .enablePositionalOptions()
    .addHelpText("after", EPILOGUE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const add of COMMANDS) {
    add(program, (options) => {
      parsed = options;
    });
  }
  program.parse(argv as string[], { from: "user" });
  return parsed ?? program.help({ error: true });
}

const COMMANDS = [addLifeCommands, addUseCommands, addImageCommand, addTestCommand, addDemoCommand];

function addLifeCommands(program: Command, take: Take): void {
  withCluster(named(program, "up", "start a cluster; it stays until it is taken down")).action(
    ({ name, nodes, keepConntrack = false }) =>
      take({ command: "up", name, nodes, keepsConntrack: keepConntrack }),
  );
  named(program, "down", "remove a cluster and all that runs in it")
    .option("--all", "remove all labs of this machine")
    .action(({ name, all = false }) => take({ command: "down", name, all }));
  named(program, "status", "show the parts of a cluster and how it is used").action(({ name }) =>
    take({ command: "status", name }),
  );
}

function addUseCommands(program: Command, take: Take): void {
  named(program, "load", "give all nodes the images of a docker-archive")
    .argument("<archive>", "file, as `docker save` writes it")
    .action((archive, { name }) => take({ command: "load", name, archive }));
  named(program, "kubectl", "run kubectl as administrator of the cluster")
    .argument("[arguments...]")
    .allowUnknownOption()
    .passThroughOptions()
    .action((args, { name }) => take({ command: "run", name, run: ["kubectl", ...args] }));
  named(program, "exec", "run a program in the network of the clients, with KUBECONFIG set")
    .argument("<program>")
    .argument("[arguments...]")
    .passThroughOptions()
    .action((run, args, { name }) => take({ command: "run", name, run: [run, ...args] }));
}

function addImageCommand(program: Command, take: Take): void {
  program
    .command("image")
    .description("build the server's image as a docker-archive, and tell its path")
    .option("--tag <tag>", "tag of the image", imageTag, "local")
    .option(
      "--base <image>",
      "image of a registry to build on (default: the Node.js of this machine, without network)",
    )
    .option("--context <folder>", "make the build context for docker there instead")
    .helpOption("-h, --help", "show this help")
    .action(({ tag, base, context }) => take({ command: "image", tag, base, context }));
}

function addTestCommand(program: Command, take: Take): void {
  withCluster(program.command("test"))
    .description("run the tests on a cluster of their own")
    .argument("[filter...]", "parts of the names of test files (default: all)")
    .option("--if-possible", "end with 0 when this machine does not allow a lab")
    .option("--json <file>", "write the report of vitest to FILE")
    .helpOption("-h, --help", "show this help")
    .action((filter, { nodes, keepConntrack = false, ifPossible = false, json }) => {
      const cluster = { nodes, keepsConntrack: keepConntrack };
      take({ command: "test", ...cluster, ifPossible, json, filter });
    });
}

function addDemoCommand(program: Command, take: Take): void {
  withCluster(program.command("demo"))
    .description(
      "install a cluster, load it, update it to b and back to a, and draw what the clients saw",
    )
    .option("--clients <n>", "CoAP/DTLS clients", integer(1, 16_000), 1000)
    .option("--interval <ms>", "time between two requests of a client", integer(10, 60_000), 500)
    .option("--chart <file>", "SVG file for the chart", ".cache/kube-lab/demo.svg")
    .helpOption("-h, --help", "show this help")
    .action(({ nodes, keepConntrack = false, clients, interval, chart }) => {
      const cluster = { nodes, keepsConntrack: keepConntrack };
      take({ command: "demo", ...cluster, clients, interval, chart });
    });
}

function named(program: Command, command: string, description: string): Command {
  const name = new Option("--name <name>", "name of the lab");
  return program
    .command(command)
    .description(description)
    .addOption(name.env("DTLS_KUBE_LAB").argParser(labName).default("default"))
    .helpOption("-h, --help", "show this help");
}

function withCluster(command: Command): Command {
  return command
    .option("--nodes <n>", "nodes, each with its own kubelet and containerd", integer(1, 5), 1)
    .option("--keep-conntrack", "flows stay with their pods, as with old kube-proxies");
}

function labName(value: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(value)) {
    throw new InvalidArgumentError("Accepted are up to 31 lower-case letters, digits and dashes.");
  }
  return value;
}

function imageTag(value: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(value)) {
    throw new InvalidArgumentError("Accepted are letters, digits, dots, dashes and underscores.");
  }
  return value;
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

const EPILOGUE = `
Exit codes: 0 done, 1 failed, 2 wrong option or not possible here, 130 and 143 after SIGINT and SIGTERM;
kubectl and exec end as the program does.`;
