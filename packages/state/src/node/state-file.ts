import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { StateError } from "../errors.ts";
import type { NodeState, StateHeader, StateItem, StateSummary } from "../items.ts";
import { StateReader } from "../reader.ts";
import { type StateContents, writeState } from "../write-state.ts";
import type { Sha256 } from "../writer.ts";
import { consumedName, consumeFile, syncDirectory } from "./consume-file.ts";
import { isSealed, type ScryptCost, seal, unseal } from "./sealed-file.ts";

export interface SaveOptions {
  readonly header: StateHeader;
  /** Encrypts the file. Without it, whoever can read the file can read and forge the traffic. */
  readonly password?: string;
  readonly scryptCost?: ScryptCost;
  /** Connections idle for longer are left out, in milliseconds. Default: none is. */
  readonly staleMs?: number;
}

export interface RestoreOptions {
  readonly password?: string;
  /** Wall-clock milliseconds since 1970. Default `Date.now()`. */
  readonly wallTime?: number;
}

/** A file that was verified to its end and is consumed: no other process can restore it any more. */
export interface RestoredFile {
  readonly header: StateHeader;
  readonly node: NodeState | undefined;
  readonly summary: StateSummary;
  /** All items, in order. Memory is one frame. Take them once, to the end: then the file is deleted. */
  readonly items: AsyncGenerator<StateItem, void, void>;
}

export const nodeSha256: Sha256 = (data) => createHash("sha256").update(data).digest();

/**
 * Writes a state file with mode 0600 that appears under its name only when it is complete and on disk.
 * @throws StateError with code STATE_FILE; an older file of that name is untouched then.
 */
export async function saveStateFile(
  file: string,
  contents: StateContents,
  options: SaveOptions,
): Promise<StateSummary> {
  const part = `${file}.part-${randomUUID()}`;
  const { header, staleMs, password, scryptCost } = options;
  const writer = { header, sha256: nodeSha256, ...(staleMs === undefined ? {} : { staleMs }) };
  let summary: StateSummary | undefined;
  const plain = (function* (): Generator<Uint8Array> {
    summary = yield* writeState(writer, contents);
  })();
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      const chunks = password === undefined ? plain : seal(plain, password, scryptCost);
      for await (const chunk of chunks) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    await syncDirectory(file);
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw fileError(error, `cannot save the state to ${file}`);
  }
  if (summary === undefined) throw new StateError("STATE_FILE", `nothing was written to ${file}`);
  return summary;
}

/**
 * Verifies a whole state file, then consumes it: it is renamed to `FILE.consumed` on disk before the
 * first item is handed out, and deleted after the last one. A file that cannot be used stays as it is.
 * @throws StateError: STATE_FILE_MISSING, STATE_FILE, STATE_PASSWORD, or what is wrong with the content
 */
export async function restoreStateFile(
  file: string,
  options: RestoreOptions = {},
): Promise<RestoredFile> {
  const wallTime = options.wallTime ?? Date.now();
  const handle = await open(file, "r").catch((error: unknown) => {
    throw fileError(error, `cannot read the state file ${file}`);
  });
  try {
    const content = await verify(handle, file, options.password, wallTime);
    const consumed = await consume(handle, file);
    const items = itemsOf(handle, file, options.password, wallTime);
    return { ...content, items: thenDelete(items, handle, consumed) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function verify(
  handle: FileHandle,
  file: string,
  password: string | undefined,
  wallTime: number,
): Promise<Omit<RestoredFile, "items">> {
  let header: StateHeader | undefined;
  let node: NodeState | undefined;
  let summary: StateSummary | undefined;
  for await (const item of itemsOf(handle, file, password, wallTime)) {
    if (item.kind === "header") header = item.header;
    if (item.kind === "node") node = item.node;
    if (item.kind === "end") summary = item.summary;
  }
  if (header === undefined || summary === undefined) {
    throw new StateError("STATE_TRUNCATED", `${file} holds no complete state`);
  }
  return { header, node, summary };
}

async function* itemsOf(
  handle: FileHandle,
  file: string,
  password: string | undefined,
  wallTime: number,
): AsyncGenerator<StateItem, void, void> {
  const reader = new StateReader({ sha256: nodeSha256, wallTime });
  try {
    const start = Buffer.alloc(32);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const sealed = isSealed(start.subarray(0, bytesRead));
    if (sealed && password === undefined) {
      throw new StateError("STATE_PASSWORD", "it is encrypted: give its password");
    }
    if (!sealed && password !== undefined) {
      // Accepting it would let anyone replace an encrypted file by one of their own making.
      throw new StateError("STATE_PASSWORD", "it is not encrypted: restore it without a password");
    }
    const raw = readFrom(handle);
    for await (const chunk of password === undefined ? raw : unseal(raw, password)) {
      yield* reader.push(chunk);
    }
    reader.finish();
  } catch (error) {
    if (!(error instanceof StateError)) throw fileError(error, `cannot read ${file}`);
    throw new StateError(error.code, `the state file ${file} cannot be used: ${error.message}`, {
      cause: error,
    });
  }
}

/** Unlike a stream of the handle, this neither closes it nor shares its position. */
async function* readFrom(handle: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafeSlow(65_536);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

async function consume(handle: FileHandle, file: string): Promise<string> {
  try {
    const consumed = await consumeFile(handle, file);
    if (consumed !== undefined) return consumed;
  } catch (error) {
    throw fileError(error, `cannot rename the state file ${file} to ${consumedName(file)}`);
  }
  throw new StateError("STATE_FILE", `${file} was replaced while it was read: try again`);
}

async function* thenDelete(
  items: AsyncGenerator<StateItem, void, void>,
  handle: FileHandle,
  consumed: string,
): AsyncGenerator<StateItem, void, void> {
  try {
    yield* items;
    await unlink(consumed);
  } finally {
    await handle.close();
  }
}

function fileError(error: unknown, what: string): StateError {
  if (error instanceof StateError) return error;
  const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (reason === "ENOENT") {
    return new StateError("STATE_FILE_MISSING", `${what}: there is no such file or directory`, {
      cause: error,
    });
  }
  return new StateError("STATE_FILE", `${what}: ${REMEDIES[reason] ?? reason}`, { cause: error });
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "permission denied, give this user access to the file and its directory",
  EPERM: "not permitted, give this user access to the file and its directory",
  EISDIR: "it is a directory, name a file in it",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only, name a directory that can be written",
};
