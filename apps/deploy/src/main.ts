#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { deploy } from "./deploy.ts";
import { DeployError, KubeError, UsageError } from "./errors.ts";
import { loadKubeConfig } from "./kube/kube-config.ts";
import { createTransport } from "./kube/transport.ts";
import { defaultManifestDirectory, loadManifests } from "./manifests/load-manifests.ts";
import { describeWorkload } from "./manifests/workload.ts";
import { readCommandLine } from "./options/command-line.ts";
import { readSettings } from "./options/settings.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<number> {
  const manifest = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const line = readCommandLine(process.argv.slice(2), process.env, version);
  if (line === undefined) return 0;
  const settings = readSettings(line);
  const config = loadKubeConfig({
    file: settings.kubeconfig,
    context: settings.context,
    variable: process.env["KUBECONFIG"],
  });
  const workload = describeWorkload(
    loadManifests(settings.manifests ?? defaultManifestDirectory()),
  );
  for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(signal, () => {
      process.stderr.write("interrupted: the same command again goes on from here\n");
      process.exit(code);
    });
  }
  return deploy(settings, {
    transport: createTransport(config),
    workload,
    output: {
      print: (text) => process.stdout.write(`${text}\n`),
      warn: (text) => process.stderr.write(`${text}\n`),
      wallTime: () => new Date(),
    },
    now: () => performance.now(),
    sleep: (ms) => sleep(ms),
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (
    !(error instanceof UsageError || error instanceof DeployError || error instanceof KubeError)
  ) {
    throw error;
  }
  process.stderr.write(`dtls-cluster-deploy: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}
