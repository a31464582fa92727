import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { CaliforniumStateError } from "../californium/errors.ts";
import {
  type CaliforniumImport,
  type CaliforniumReadOptions,
  readCaliforniumState,
} from "../californium/read-connections.ts";
import {
  type CaliforniumCipher,
  type CaliforniumPassword,
  sealCaliforniumState,
  unsealCaliforniumState,
} from "./californium-cipher.ts";
import { consumedName, consumeFile, syncDirectory } from "./consume-file.ts";

export interface CaliforniumSaveOptions {
  /** Encrypts the file. Without it, whoever can read the file can read and forge the traffic. */
  readonly password?: CaliforniumPassword;
  /** Default: aes-128-gcm, as Californium's. */
  readonly cipher?: CaliforniumCipher;
}

export interface CaliforniumRestoreOptions extends CaliforniumReadOptions {
  readonly password?: CaliforniumPassword;
}

/** A file that was read to its end and is consumed: no other process can restore it any more. */
export interface RestoredCaliforniumFile extends CaliforniumImport {
  /** Where the file is now. It holds the keys: delete it when the connections are taken over. */
  readonly consumed: string;
}

const MAX_FILE_BYTES = 2 ** 30;

/**
 * Writes the plain stream of `writeCaliforniumState` to a file as Californium's `--store-file`, with mode 0600; it
 * appears under its name only when it is complete and on disk.
 * @throws CaliforniumStateError; an older file of that name is untouched then
 */
export async function saveCaliforniumFile(
  file: string,
  plain: Uint8Array,
  { password, cipher }: CaliforniumSaveOptions = {},
): Promise<void> {
  const content = sealCaliforniumState(plain, password, cipher);
  const part = `${file}.part-${randomUUID()}`;
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      await handle.writeFile(content);
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
}

/**
 * Reads a file that Californium saved, then renames it to `FILE.consumed`, because two processes that go on from one
 * file would use the same nonces. A file that cannot be used stays as it is.
 * @throws CaliforniumStateError with what is wrong, and where
 */
export async function restoreCaliforniumFile(
  file: string,
  { password, ...options }: CaliforniumRestoreOptions,
): Promise<RestoredCaliforniumFile> {
  const handle = await open(file, "r").catch((error: unknown) => {
    throw fileError(error, `cannot read the state file ${file}`);
  });
  try {
    const content = await readWhole(handle, file);
    const found = readContent(content, file, password, options);
    return { ...found, consumed: await consume(handle, file) };
  } finally {
    await handle.close();
  }
}

async function readWhole(handle: FileHandle, file: string): Promise<Uint8Array> {
  try {
    const { size } = await handle.stat();
    if (size <= MAX_FILE_BYTES) return await handle.readFile();
  } catch (error) {
    throw fileError(error, `cannot read the state file ${file}`);
  }
  const text = `the state file ${file} has more than ${MAX_FILE_BYTES} bytes`;
  throw new CaliforniumStateError("CALIFORNIUM_FILE", text);
}

function readContent(
  content: Uint8Array,
  file: string,
  password: CaliforniumPassword | undefined,
  options: CaliforniumReadOptions,
): CaliforniumImport {
  try {
    return readCaliforniumState(unsealCaliforniumState(content, password), options);
  } catch (error) {
    if (!(error instanceof CaliforniumStateError)) throw error;
    const { code, message, place } = error;
    const text = `the state file ${file} cannot be used: ${message}`;
    throw new CaliforniumStateError(code, text, { cause: error, ...(place && { place }) });
  }
}

async function consume(handle: FileHandle, file: string): Promise<string> {
  try {
    const consumed = await consumeFile(handle, file);
    if (consumed !== undefined) return consumed;
  } catch (error) {
    throw fileError(error, `cannot rename the state file ${file} to ${consumedName(file)}`);
  }
  throw new CaliforniumStateError(
    "CALIFORNIUM_FILE",
    `${file} was replaced while it was read: try again`,
  );
}

function fileError(error: unknown, what: string): CaliforniumStateError {
  if (error instanceof CaliforniumStateError) return error;
  const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  const code = reason === "ENOENT" ? "CALIFORNIUM_FILE_MISSING" : "CALIFORNIUM_FILE";
  const text = reason === "ENOENT" ? "there is no such file or directory" : reason;
  return new CaliforniumStateError(code, `${what}: ${text}`, { cause: error });
}
