import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { load, loadAll } from "js-yaml";
import { UsageError } from "../errors.ts";
import { isKind, type Kind } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/kube-api.ts";

export interface Manifest {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** What is applied to a cluster, read from the manifests of the server. */
export interface Manifests {
  /** Where they come from, for messages. */
  readonly source: string;
  /** Everything but statefulsets, secrets and namespaces, in the order of the files. */
  readonly objects: readonly Manifest[];
  /** The statefulset of one colour; those of both differ in their names only. */
  readonly statefulSet: V1StatefulSet;
  /** Its name without the colour. */
  readonly name: string;
}

/** The manifests that the server package ships. */
export function defaultManifestDirectory(): string {
  const manifest = createRequire(import.meta.url).resolve("@dtls-cluster/server/package.json");
  return join(manifest, "..", "k8s", "base");
}

/**
 * Reads a Kustomize base: its resources as they are, files or directories.
 * @throws UsageError
 */
export function loadManifests(directory: string): Manifests {
  if (!existsSync(directory)) {
    throw new UsageError(
      `--manifests "${directory}": no such directory; give one with the manifests of the server`,
    );
  }
  const all = filesOf(directory).flatMap(readObjects);
  const sets = all.filter(({ object }) => object.kind === "StatefulSet");
  const statefulSet = sets[0]?.object as V1StatefulSet | undefined;
  const name = /^(.+)-[ab]$/.exec(statefulSet?.metadata?.name ?? "")?.[1];
  if (statefulSet === undefined || name === undefined) {
    throw new UsageError(
      `--manifests "${directory}": holds no statefulset whose name ends in -a or -b`,
    );
  }
  const objects = all.flatMap(({ file, object }): readonly Manifest[] => {
    const { kind = "" } = object;
    if (["StatefulSet", "Secret", "Namespace", "Kustomization"].includes(kind)) return [];
    if (!isKind(kind)) {
      throw new UsageError(
        `--manifests "${directory}": ${file} holds a ${kind}, which install does not know`,
      );
    }
    return [{ kind, object }];
  });
  return { source: directory, objects, statefulSet, name };
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  const kustomization = join(path, "kustomization.yaml");
  if (!existsSync(kustomization)) {
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name));
  }
  const { resources = [] } = load(readFileSync(kustomization, "utf8")) as {
    resources?: readonly string[];
  };
  return resources.flatMap((name) => filesOf(join(path, name)));
}

function readObjects(file: string): { readonly file: string; readonly object: KubeObject }[] {
  try {
    const objects = loadAll(readFileSync(file, "utf8")) as (KubeObject | null)[];
    return objects.flatMap((object) => (object === null ? [] : [{ file, object }]));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : "";
    throw new UsageError(`--manifests: ${file} is not YAML (${reason})`, { cause });
  }
}
