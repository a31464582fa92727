import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExecuteOptions, execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { withProgress } from "./progress.ts";

const MODULE = fileURLToPath(new URL("../kubernetes", import.meta.url));
const KUBERNETES = "k8s.io/kubernetes";
const PAUSE = "pause/main.go";
const KEEP_CONNTRACK = "keep-conntrack/cleanup.go";
/** A kube-proxy that leaves flows where they are, as old ones did. */
export const KEEPING_PROXY = "kube-proxy-keep-conntrack";
const BUILD_LIMIT_MS = 30 * 60_000;

/** Where built parts are kept between runs and clones: `$XDG_CACHE_HOME/dtls-cluster`. */
export const CACHE_FOLDER: string = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "dtls-cluster",
  "kube-lab",
);

/** The programs of Kubernetes, built by Go. */
export class Binaries {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Those of the cache, undefined when they have not been built. */
  static cached(): Binaries | undefined {
    const folder = join(CACHE_FOLDER, `kubernetes-${fingerprint()}`);
    return existsSync(folder) ? new Binaries(folder) : undefined;
  }

  /** Those of the cache; builds them first when they are not there. @throws LabError */
  static async ensure(interrupted?: AbortSignal): Promise<Binaries> {
    const cached = Binaries.cached();
    if (cached !== undefined) return cached;
    removeUnfinished();
    const folder = join(CACHE_FOLDER, `kubernetes-${fingerprint()}`);
    const unfinished = `${folder}.${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    try {
      await withProgress("build Kubernetes (about seven minutes the first time)", () =>
        build(unfinished, interrupted),
      );
      // Another lab may have built the same meanwhile; its result is as good.
      if (!existsSync(folder)) renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
    return new Binaries(folder);
  }
}

async function build(folder: string, interrupted: AbortSignal | undefined): Promise<void> {
  const version = await goList("{{.Version}}");
  const [major, minor] = version.slice(1).split(".");
  const setting = (name: string, value: string | undefined): string =>
    `-X k8s.io/component-base/version.${name}=${value}`;
  const flags = [
    "-s -w",
    setting("gitVersion", version),
    setting("gitMajor", major),
    setting("gitMinor", minor),
  ].join(" ");
  const output = `${folder}/`;
  await go(["build", "-mod=readonly", "-ldflags", flags, "-o", output, "tool"], { interrupted });
  // Alone in its image, pause has no libraries.
  const pause = ["build", "-mod=readonly", "-ldflags", "-s -w", "-o", output, "./pause"];
  await go(pause, { interrupted, env: { CGO_ENABLED: "0" } });
  renameSync(join(folder, "server"), join(folder, "etcd"));
  await buildKeepingProxy(folder, flags, interrupted);
}

/** A second kube-proxy, which differs in one function: it never removes an entry of conntrack. */
async function buildKeepingProxy(
  folder: string,
  flags: string,
  interrupted: AbortSignal | undefined,
): Promise<void> {
  // Go replaces no file of its module cache, so the module is replaced by a link to it first.
  const sources = join(folder, "kubernetes");
  symlinkSync(await goList("{{.Dir}}"), sources);
  const modules = join(folder, "go.mod");
  writeFileSync(
    modules,
    `${readFileSync(join(MODULE, "go.mod"), "utf8")}\nreplace ${KUBERNETES} => ${sources}\n`,
  );
  copyFileSync(join(MODULE, "go.sum"), join(folder, "go.sum"));
  const replaced = join(sources, "pkg", "proxy", "conntrack", "cleanup.go");
  const overlay = join(folder, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: { [replaced]: join(MODULE, KEEP_CONNTRACK) } }));
  const options = ["-mod=mod", `-modfile=${modules}`, "-overlay", overlay, "-ldflags", flags];
  const output = join(folder, KEEPING_PROXY);
  await go(["build", ...options, "-o", output, `${KUBERNETES}/cmd/kube-proxy`], { interrupted });
  for (const file of [sources, modules, join(folder, "go.sum"), overlay]) rmSync(file);
}

/** What Go knows about the module of Kubernetes. */
async function goList(format: string): Promise<string> {
  return (await go(["list", "-mod=readonly", "-m", "-f", format, KUBERNETES])).trim();
}

async function go(args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
  try {
    return await execute("go", args, { ...options, cwd: MODULE, timeoutMs: BUILD_LIMIT_MS });
  } catch (error) {
    const isMissing = error instanceof Error && /ENOENT/.test(error.message);
    throw isMissing ? new LabError("Go 1.26 or newer is not installed (program go)") : error;
  }
}

/** What the build depends on. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", PAUSE, KEEP_CONNTRACK]) {
    hash.update(readFileSync(join(MODULE, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Removes what killed builds left. */
function removeUnfinished(): void {
  for (const name of existsSync(CACHE_FOLDER) ? readdirSync(CACHE_FOLDER) : []) {
    const builder = /^kubernetes-[0-9a-f]+\.(\d+)$/.exec(name)?.[1];
    if (builder === undefined || existsSync(`/proc/${builder}`)) continue;
    rmSync(join(CACHE_FOLDER, name), { recursive: true, force: true });
  }
}
