import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { load, loadAll } from "js-yaml";

export const manifestFolder: string = join(import.meta.dirname, "..", "..", "k8s");

export type Manifest = Record<string, unknown> & {
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

/** All objects of the Kustomize base. */
export function baseObjects(): Manifest[] {
  const base = join(manifestFolder, "base");
  const { resources } = load(readFileSync(join(base, "kustomization.yaml"), "utf8")) as {
    readonly resources: readonly string[];
  };
  return resources.flatMap((file) => loadAll(readFileSync(join(base, file), "utf8")) as Manifest[]);
}

export function baseFiles(): string[] {
  return readdirSync(join(manifestFolder, "base"));
}

export function statefulSet(): V1StatefulSet {
  return baseObjects().find(({ kind }) => kind === "StatefulSet") as unknown as V1StatefulSet;
}
