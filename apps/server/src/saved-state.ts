import { StateError } from "@dtls-cluster/state";
import { restoreStateFile, saveStateFile } from "@dtls-cluster/state/node";
import { ConfigError } from "./config/config-error.ts";
import type { ConnectionTransfer, MovedConnection } from "./handover/connection-transfer.ts";
import type { Logger } from "./log.ts";
import type { SecureCoap } from "./node/secure-coap.ts";

export interface SavedStateContext {
  readonly nodeId: number;
  readonly password: string | undefined;
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
  const { nodeId, password, staleMs, cookieSecret, log } = context;
  const createdAt = Date.now();
  const node = { nodeId, generation, cookieSecret, wallTime: createdAt };
  const header = { nodeId, generation, createdAt };
  const options = { header, staleMs, ...(password === undefined ? {} : { password }) };
  try {
    const { connections, skipped } = await saveStateFile(
      file,
      { node, connections: copies(context) },
      options,
    );
    log.info({ event: "saved", connections, skipped }, `saved ${connections} connections`);
    return true;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    log.error({ event: "save-failed", code: error.code }, `--save: ${error.message}`);
    return false;
  }
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
  try {
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
    log.info({ event: "restored", connections }, `restored ${connections} connections`);
    return saved.header.generation;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    if (error.code === "STATE_FILE_MISSING") {
      log.info({ event: "nothing-to-restore" }, `--restore: there is no ${file}`);
      return undefined;
    }
    throw new ConfigError(`--restore: ${error.message}`);
  }
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
