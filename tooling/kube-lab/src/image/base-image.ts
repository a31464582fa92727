import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeImageArchive } from "./archive.ts";

/** The name of the base that is made on this machine. */
export const LOCAL_BASE = "localhost/node-base:local";

/**
 * Writes an image of the Node.js that runs this, with its libraries, as a docker-archive: what the server's image is built on
 * where no registry can be reached. @param folder is used up. @throws LabError
 */
export async function writeLocalBase(archive: string, folder: string): Promise<void> {
  const node = "/usr/local/bin/node";
  for (const [from, to] of [...libraries().map((path) => [path, path]), [process.execPath, node]]) {
    if (from === undefined || to === undefined) continue;
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(from, join(folder, to));
  }
  mkdirSync(join(folder, "tmp"));
  await writeImageArchive(archive, LOCAL_BASE, folder, { Env: [`PATH=${dirname(node)}`] });
}

/** The files of the libraries that this Node.js has loaded. */
function libraries(): string[] {
  const report = process.report.getReport() as { readonly sharedObjects?: readonly string[] };
  return (report.sharedObjects ?? []).filter((path) => path.startsWith("/"));
}
