import { Command, InvalidArgumentError } from "commander";

export type LabOptions =
  | { readonly command: "up"; readonly name: string; readonly nodes: number }
  | { readonly command: "down"; readonly name: string; readonly all: boolean }
  | { readonly command: "status"; readonly name: string }
  | { readonly command: "load"; readonly name: string; readonly archive: string }
  | {
      readonly command: "image";
      readonly tag: string;
      readonly base: string | undefined;
      /** Makes the build context in this folder, and nothing else. */
      readonly context: string | undefined;
    }
  | { readonly command: "run"; readonly name: string; readonly run: readonly string[] };

const NAME_VARIABLE = "DTLS_KUBE_LAB";
const DEFAULT_NAME = process.env[NAME_VARIABLE] || "default";

/** Parses the arguments of `npm run kube-lab`; ends the process with code 2 on a wrong one. */
export function parseOptions(argv: readonly string[]): LabOptions {
  let parsed: LabOptions | undefined;
  const program = new Command("npm run kube-lab --")
    .description("Runs a real Kubernetes on this machine, in namespaces of its own.")
    .helpOption("-h, --help", "show this help")
    .enablePositionalOptions()
    .addHelpText("after", EPILOGUE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option(
        "--name <name>",
        `name of the lab (env: ${NAME_VARIABLE})`,
        labName,
        labName(DEFAULT_NAME),
      )
      .helpOption("-h, --help", "show this help");
  add("up", "start a cluster; it stays until it is taken down")
    .option("--nodes <n>", "nodes, each with its own kubelet and containerd", integer(1, 5), 1)
    .action(({ name, nodes }) => {
      parsed = { command: "up", name, nodes };
    });
  add("down", "remove a cluster and all that runs in it")
    .option("--all", "remove all labs of this machine")
    .action(({ name, all = false }) => {
      parsed = { command: "down", name, all };
    });
  add("status", "show the parts of a cluster and how it is used").action(({ name }) => {
    parsed = { command: "status", name };
  });
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
    .action(({ tag, base, context }) => {
      parsed = { command: "image", tag, base, context };
    });
  add("load", "give all nodes the images of a docker-archive")
    .argument("<archive>", "file, as `docker save` writes it")
    .action((archive, { name }) => {
      parsed = { command: "load", name, archive };
    });
  add("kubectl", "run kubectl as administrator of the cluster")
    .argument("[arguments...]")
    .allowUnknownOption()
    .passThroughOptions()
    .action((args, { name }) => {
      parsed = { command: "run", name, run: ["kubectl", ...args] };
    });
  add("exec", "run a program in the network of the cluster's clients, with KUBECONFIG set")
    .argument("<program>")
    .argument("[arguments...]")
    .passThroughOptions()
    .action((command, args, { name }) => {
      parsed = { command: "run", name, run: [command, ...args] };
    });
  program.parse(argv as string[], { from: "user" });
  return parsed ?? program.help({ error: true });
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
