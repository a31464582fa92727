import { open } from "node:fs/promises";

/** Whose state file it is, as far as its first bytes tell. */
export type StateFileFormat = "dtls-cluster" | "californium";

/**
 * Looks at the beginning of a file. What cannot be read, or is neither, counts as `dtls-cluster`, whose reader says
 * what is wrong with it.
 */
export async function stateFileFormat(file: string): Promise<StateFileFormat> {
  const start = new Uint8Array(2);
  try {
    const handle = await open(file, "r");
    try {
      await handle.read(start, 0, start.length, 0);
    } finally {
      await handle.close();
    }
  } catch {
    return "dtls-cluster";
  }
  return startsAsCalifornium(start) ? "californium" : "dtls-cluster";
}

/**
 * Californium's files begin with 00 (plain) and the time mark or its absence, 10 (an older encryption) or the number of
 * a cipher: AES-CBC, AES-GCM or ARIA.
 */
function startsAsCalifornium([first, second]: Uint8Array): boolean {
  if (first === 0x00) return second === 0x00 || second === 0x01;
  if (first === 0x10) return true;
  return first !== undefined && first >= 0x02 && first <= 0x04 && (second === 1 || second === 2);
}
