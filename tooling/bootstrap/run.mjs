#!/usr/bin/env node
// Every root command starts here, on any Node.js >= 20 and from a bare clone: it installs what the
// lockfile names, builds when the command needs it, and goes on with the pinned Node.js.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const bin = join(root, "node_modules", ".bin");
const pinnedNode = join(root, "node_modules", "node", "bin", "node");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** A tool of this repository, run from its sources by the pinned Node.js. */
const tool = (name) => [
  pinnedNode,
  "--conditions=@dtls-cluster/source",
  "--disable-warning=ExperimentalWarning",
  join("tooling", name, "src", "main.ts"),
];

// The one tool that takes no notice of NO_COLOR.
const colors = process.env.NO_COLOR ? ["--colors=off"] : [];

const commands = {
  start: { build: true, run: [tool("cluster")] },
  test: { build: false, run: [[join(bin, "vitest"), "run"]] },
  build: { build: true, run: [] },
  "check-packages": { build: true, alsoTurbo: "check-package", run: [] },
  lint: {
    build: false,
    run: [
      [join(bin, "biome"), "ci", "--error-on-warnings", ...colors],
      [join(bin, "tsc"), "-b"],
      [join(bin, "tsc"), "-p", "tsconfig.test.json"],
      [join(bin, "knip")],
    ],
  },
  bench: { build: true, run: [tool("bench")] },
  interop: {
    build: true,
    run: [[join(bin, "vitest"), "run", "--config", join("tooling", "interop", "vitest.config.ts")]],
  },
  "state-machines": { build: false, run: [tool("state-machines")] },
  soak: { build: false, run: [tool("soak")] },
  fuzz: { build: false, run: [tool("fuzz")] },
  netlab: { build: true, run: [tool("netlab")] },
  "kube-lab": { build: false, run: [tool("kube-lab")] },
};

let child;
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopping = true;
    child?.kill(signal);
  });
}

function execute(command, args) {
  return new Promise((resolve) => {
    child = spawn(command, args, {
      cwd: root,
      stdio: "inherit",
      env: {
        ...process.env,
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        TURBO_TELEMETRY_DISABLED: "1",
        npm_config_update_notifier: "false",
      },
    });
    child.on("error", (error) => {
      console.error(`cannot run ${command}: ${error.message}`);
      resolve(127);
    });
    child.on("exit", (code, signal) =>
      resolve(signal === null ? code : 128 + (signal === "SIGINT" ? 2 : 15)),
    );
  });
}

async function step(title, command, args) {
  const startedAt = performance.now();
  console.error(`> ${title}`);
  const code = await execute(command, args);
  if (stopping || code !== 0) process.exit(code === 0 ? 143 : code);
  console.error(`> ${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** The pinned pnpm comes through npx; turbo, too, then finds it on its PATH. */
const pnpm = (title, ...args) => step(title, "npx", ["--yes", packageManager, ...args]);

// The stamp holds the hash of the lockfile that node_modules was made from.
const stamp = join(root, "node_modules", ".installed");
const lockfileHash = createHash("sha256")
  .update(readFileSync(join(root, "pnpm-lock.yaml")))
  .digest("hex");
const isInstalled = () =>
  existsSync(stamp) && readFileSync(stamp, "utf8") === lockfileHash && existsSync(pinnedNode);

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`unknown command "${name ?? ""}"; known: ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}
if (!isInstalled()) {
  await pnpm("install dependencies", "install", "--frozen-lockfile");
  writeFileSync(stamp, lockfileHash);
}
const turbo = (title, task) =>
  pnpm(title, "exec", "turbo", "run", task, "--output-logs=errors-only", "--no-update-notifier");
if (command.build) await turbo("build packages", "build");
if (command.alsoTurbo !== undefined) await turbo(`run ${command.alsoTurbo}`, command.alsoTurbo);
for (const [index, [program, ...fixed]] of command.run.entries()) {
  const extra = index === command.run.length - 1 ? args : [];
  const code = await execute(program, [...fixed, ...extra]);
  if (code !== 0 || stopping) process.exit(code);
}
