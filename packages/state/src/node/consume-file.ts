import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The name of a state file that was taken: nobody restores from it again. */
export function consumedName(file: string): string {
  return `${file}.consumed`;
}

/**
 * Renames the opened file, so that of two processes only one gets it, and makes that survive a power cut.
 * @returns the new name; undefined when another file has taken its place since it was opened.
 * @throws what the system says.
 */
export async function consumeFile(handle: FileHandle, file: string): Promise<string | undefined> {
  const consumed = consumedName(file);
  await rename(file, consumed);
  const [ours, renamed] = [await handle.stat(), await stat(consumed)];
  if (ours.ino !== renamed.ino || ours.dev !== renamed.dev) {
    await rename(consumed, file);
    return undefined;
  }
  await syncDirectory(file);
  return consumed;
}

/** Makes a rename in the file's directory survive a power cut. */
export async function syncDirectory(file: string): Promise<void> {
  const directory = await open(dirname(file), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
