import { unlink } from "node:fs/promises";
import { StateError } from "@dtls-cluster/state";
import { CaliforniumStateError } from "@dtls-cluster/state/californium";
import {
  restoreCaliforniumFile,
  restoreStateFile,
  saveCaliforniumFile,
  saveStateFile,
  stateFileFormat,
} from "@dtls-cluster/state/node";
import { giveConnections } from "./californium/give-connections.ts";
import {
  CALIFORNIUM_GENERATION,
  connectorsOf,
  takeConnections,
} from "./californium/take-connections.ts";
import type { CaliforniumConfig } from "./config/californium-config.ts";
import { ConfigError } from "./config/config-error.ts";
import type { ConnectionTransfer, MovedConnection } from "./handover/connection-transfer.ts";
import type { Logger } from "./log.ts";
import type { SecureCoap } from "./node/secure-coap.ts";

export interface SavedStateContext {
  readonly nodeId: number;
  readonly isClustered: boolean;
  readonly password: string | undefined;
  readonly format: "own" | "californium";
  readonly californium: CaliforniumConfig;
  readonly staleMs: number;
  readonly cookieSecret: Uint8Array;
  readonly secure: SecureCoap;
  readonly transfer: ConnectionTransfer;
  readonly clock: () => number;
  readonly log: Logger;
}

/** Moves all connections into a file. @returns false when it could not be written; they go on then. */
export async function saveConnections(
  file: string,
  generation: number,
  context: SavedStateContext,
): Promise<boolean> {
  const { log } = context;
  const startedAt = performance.now();
  try {
    const { connections, skipped } =
      context.format === "own"
        ? await saveOwn(file, generation, context)
        : await saveForCalifornium(file, context);
    const ms = Math.round(performance.now() - startedAt);
    log.info({ event: "saved", connections, skipped, ms }, `saved ${connections} connections`);
    return true;
  } catch (error) {
    if (!isStateError(error)) throw error;
    log.error({ event: "save-failed", code: error.code }, `--save: ${error.message}`);
    return false;
  }
}

/** Counts of what was saved. */
interface SavedCounts {
  readonly connections: number;
  readonly skipped: number;
}

function isStateError(error: unknown): error is StateError | CaliforniumStateError {
  return error instanceof StateError || error instanceof CaliforniumStateError;
}

function saveOwn(
  file: string,
  generation: number,
  context: SavedStateContext,
): Promise<SavedCounts> {
  const { nodeId, password, staleMs, cookieSecret } = context;
  const createdAt = Date.now();
  const node = { nodeId, generation, cookieSecret, wallTime: createdAt };
  const header = { nodeId, generation, createdAt };
  const options = { header, staleMs, ...(password === undefined ? {} : { password }) };
  return saveStateFile(file, { node, connections: copies(context) }, options);
}

async function saveForCalifornium(file: string, context: SavedStateContext): Promise<SavedCounts> {
  const { secure, clock, password, californium, staleMs, log } = context;
  const { bytes, written, skipped } = giveConnections(
    (connection) => secure.dtls.snapshot(connection, clock()),
    { config: californium, secure, staleMs, log },
  );
  await saveCaliforniumFile(file, bytes, password === undefined ? {} : { password });
  return { connections: written, skipped };
}

/**
 * Takes over what a file holds.
 * @returns the generation that the connections were used in; undefined when there is no file.
 * @throws ConfigError when the file cannot be used; it stays as it is then
 */
export async function restoreConnections(
  file: string,
  context: SavedStateContext,
): Promise<number | undefined> {
  const { nodeId, password, transfer, clock, log } = context;
  const startedAt = performance.now();
  try {
    if ((await stateFileFormat(file)) === "californium")
      return await takeCaliforniumFile(file, context);
    const saved = await restoreStateFile(file, password === undefined ? {} : { password });
    if (saved.header.nodeId !== nodeId) {
      log.warn(
        { event: "other-node-id", id: saved.header.nodeId },
        `--restore: ${file} was saved by node ${saved.header.nodeId}, and this is node ${nodeId}`,
      );
    }
    let connections = 0;
    for await (const item of saved.items) {
      if (item.kind !== "connection") continue;
      transfer.take(item, undefined, clock());
      connections += 1;
    }
    const ms = Math.round(performance.now() - startedAt);
    log.info({ event: "restored", connections, ms }, `restored ${connections} connections`);
    return saved.header.generation;
  } catch (error) {
    if (!isStateError(error)) throw error;
    if (error.code === "STATE_FILE_MISSING") {
      log.info({ event: "nothing-to-restore" }, `--restore: there is no ${file}`);
      return undefined;
    }
    throw new ConfigError(`--restore: ${error.message}`);
  }
}

async function takeCaliforniumFile(file: string, context: SavedStateContext): Promise<number> {
  const { password, californium, log } = context;
  const startedAt = performance.now();
  const options = {
    wallTime: Date.now(),
    isConnector: connectorsOf(californium),
    ...(password === undefined ? {} : { password }),
  };
  const found = await restoreCaliforniumFile(file, options);
  const { connections, refused } = takeConnections(found, context);
  await unlink(found.consumed);
  const ms = Math.round(performance.now() - startedAt);
  log.info(
    { event: "restored", from: "californium", connections, refused, ms },
    `restored ${connections} connections of Californium, ${refused} could not be taken`,
  );
  return CALIFORNIUM_GENERATION;
}

function* copies({
  secure,
  transfer,
  clock,
}: SavedStateContext): Generator<
  | (MovedConnection & { readonly coap: NonNullable<MovedConnection["coap"]> })
  | { readonly state: MovedConnection["state"] }
> {
  for (const connection of secure.dtls.connections()) {
    const moved = transfer.copy(connection, 0, clock());
    if (moved === undefined) continue;
    yield moved.coap === undefined
      ? { state: moved.state }
      : { state: moved.state, coap: moved.coap };
  }
}
