import { copyFileSync, cpSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute } from "../execute.ts";

export const REPOSITORY: string = fileURLToPath(new URL("../../../..", import.meta.url));
const SERVER = join(REPOSITORY, "apps", "server");
export const DOCKERFILE: string = join(SERVER, "Dockerfile");

/** Makes the build context of the server's image in a folder: what its Dockerfile copies. @throws LabError */
export async function writeServerContext(folder: string): Promise<void> {
  const app = join(folder, "app");
  mkdirSync(app, { recursive: true });
  const tsup = join(REPOSITORY, "node_modules", "tsup", "dist", "cli-default.js");
  const options = ["--config", "image/tsup.config.ts", "--silent"];
  await execute(process.execPath, [tsup, ...options, "--out-dir", join(app, "dist")], {
    cwd: SERVER,
    timeoutMs: 120_000,
  });
  // It tells the version.
  copyFileSync(join(SERVER, "package.json"), join(app, "package.json"));
  copyFileSync(join(SERVER, "image", "collect-runtime.mjs"), join(folder, "collect-runtime.mjs"));
  copyKoffi(join(app, "node_modules"));
}

/** Koffi and its native part for this platform; without it the server uses node:dgram. */
function copyKoffi(modules: string): void {
  const koffi = realpathSync(join(REPOSITORY, "packages", "udp", "node_modules", "koffi"));
  const native = join("@koromix", `koffi-${process.platform}-${process.arch}`);
  for (const name of [basename(koffi), native]) {
    cpSync(join(dirname(koffi), name), join(modules, name), { recursive: true, dereference: true });
  }
}
