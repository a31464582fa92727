#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { parseConfig, type ServerConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { createCommand, type RawOptions } from "./config/options.ts";
import { findPlace } from "./kubernetes/find-place.ts";
import { createLog, type Logger } from "./log.ts";
import { type Server, startServer } from "./server.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Parses the command line; help and version end the process with 0, a mistake with 2. */
function parseCommandLine(): RawOptions {
  const manifest = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const command = createCommand(version).exitOverride().allowExcessArguments(false);
  try {
    return command.parse().opts<RawOptions>();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
    throw error;
  }
}

async function main(): Promise<void> {
  const config = parseConfig(parseCommandLine(), process.env);
  const log = createLog(config.logLevel, config.nodeId);
  // Before the start: from the moment that it is ready, or has used up a saved file, its connections are to be saved.
  const starting = new AbortController();
  let server: Server | undefined;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ event: "stopping", signal }, `${signal}: closing connections`);
      starting.abort();
      void server?.stop();
    });
  }
  server = await start(config, log, starting.signal);
  if (starting.signal.aborted) void server?.stop();
  process.exitCode = (await server?.stopped) ?? 0;
}

/** Undefined when the signal came before there was a server. */
async function start(
  config: ServerConfig,
  log: Logger,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const { kubernetes, cluster } = config;
  if (kubernetes === undefined || cluster === undefined) return startServer(config, log);
  try {
    const place = await findPlace(config, cluster, kubernetes, log, signal);
    return await startServer(place.config, log, place.kubernetes);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof ConfigError;
  process.stderr.write(
    `dtls-cluster-server: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(isUsage ? EXIT_USAGE : EXIT_FAILED);
}
