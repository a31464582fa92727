import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execute } from "../execute.ts";

/** What runs in a container of the image, and as whom. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
}

/**
 * Writes an image of one layer as a docker-archive: `ctr images import` and `buildah` read it.
 * @param files the folder that is the layer. @throws LabError
 */
export async function writeImageArchive(
  archive: string,
  name: string,
  files: string,
  config: ImageConfig,
): Promise<void> {
  mkdirSync(dirname(archive), { recursive: true });
  const folder = mkdtempSync(join(dirname(archive), ".image-"));
  try {
    const layer = join(folder, "layer.tar");
    await tar(layer, files, ["."]);
    const text = JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: [`sha256:${await digest(layer)}`] },
      history: [],
    });
    const configFile = `${createHash("sha256").update(text).digest("hex")}.json`;
    writeFileSync(join(folder, configFile), text);
    const manifest = [{ Config: configFile, RepoTags: [name], Layers: ["layer.tar"] }];
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    const unfinished = join(folder, "archive.tar");
    await tar(unfinished, folder, ["manifest.json", configFile, "layer.tar"]);
    renameSync(unfinished, archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same files give the same bytes. */
function tar(archive: string, folder: string, names: readonly string[]): Promise<string> {
  const equal = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  return execute("tar", [...equal, "-C", folder, "-cf", archive, ...names], { timeoutMs: 120_000 });
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
