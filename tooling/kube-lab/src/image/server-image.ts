import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CACHE_FOLDER } from "../binaries.ts";
import { execute } from "../execute.ts";
import { LOCAL_BASE, writeLocalBase } from "./base-image.ts";
import { DOCKERFILE, writeServerContext } from "./server-context.ts";

export const SERVER_IMAGE = "localhost/dtls-cluster-server";

export interface ServerImageOptions {
  /** Default: "local". */
  readonly tag?: string;
  /** An image of a registry to build on. Default: the Node.js of this machine, and no network. */
  readonly base?: string | undefined;
}

export interface ServerImage {
  readonly name: string;
  /** A docker-archive. */
  readonly archive: string;
}

const BUILD_LIMIT_MS = 300_000;

/** Builds the server's image from its Dockerfile, if the same was not built before. @throws LabError */
export async function buildServerImage(options: ServerImageOptions = {}): Promise<ServerImage> {
  const name = `${SERVER_IMAGE}:${options.tag ?? "local"}`;
  const work = mkdtempSync(join(tmpdir(), "kube-lab-image-"));
  try {
    const context = join(work, "context");
    await writeServerContext(context);
    const base = options.base ?? `${LOCAL_BASE} ${process.version}`;
    const hash = createHash("sha256").update(`${name}\n${base}\n${readFileSync(DOCKERFILE)}`);
    hashFolder(context, hash.update.bind(hash));
    const archive = join(CACHE_FOLDER, "images", `${hash.digest("hex").slice(0, 24)}.tar`);
    if (!existsSync(archive)) await build({ name, base: options.base, work, context, archive });
    removeOldImages(archive);
    return { name, archive };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Build {
  readonly name: string;
  readonly base: string | undefined;
  readonly work: string;
  readonly context: string;
  readonly archive: string;
}

/**
 * All that buildah keeps is in memory, in a mount namespace that ends with it. With a base of this machine it has no network either.
 */
async function build({ name, base, work, context, archive }: Build): Promise<void> {
  const baseArchive = join(work, "base.tar");
  if (base === undefined) await writeLocalBase(baseArchive, join(work, "base"));
  mkdirSync(dirname(archive), { recursive: true });
  const unfinished = `${archive}.${process.pid}`;
  const script = `
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/tmp
    export TMPDIR=/mnt/tmp
    echo '{"default":[{"type":"insecureAcceptAnything"}]}' > /mnt/policy.json
    buildah() { command buildah --root /mnt/root --runroot /mnt/run --storage-driver overlay "$@"; }
    ${base === undefined ? `buildah pull -q --signature-policy /mnt/policy.json docker-archive:${baseArchive}` : ""}
    buildah build -q --signature-policy /mnt/policy.json --isolation chroot --timestamp 0 \\
      ${base === undefined ? "--pull-never" : ""} --build-arg BASE=${base ?? LOCAL_BASE} \\
      --file ${DOCKERFILE} --tag ${name} ${context}
    buildah push -q --signature-policy /mnt/policy.json ${name} docker-archive:${unfinished}:${name}
    mv ${unfinished} ${archive}
  `;
  const alone = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const network = base === undefined ? ["--net"] : [];
  try {
    await execute("unshare", [...alone, ...network, "sh", "-e"], {
      input: script,
      timeoutMs: BUILD_LIMIT_MS,
    });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function hashFolder(folder: string, update: (data: string | Buffer) => unknown): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
    const path = join(folder, entry.name);
    update(entry.name);
    if (entry.isDirectory()) hashFolder(path, update);
    else update(readFileSync(path));
  }
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

const KEPT_FOR_MS = 24 * 3_600_000;

/** Images change with every edit; those of yesterday are not kept. */
function removeOldImages(kept: string): void {
  for (const name of readdirSync(dirname(kept))) {
    const path = join(dirname(kept), name);
    if (path !== kept && Date.now() - statSync(path).mtimeMs > KEPT_FOR_MS) rmSync(path);
  }
}
