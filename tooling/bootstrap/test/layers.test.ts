import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

/** Layers of ARCHITECTURE.md, the lowest first: a package may know those of lower layers only. */
const LAYERS: readonly (readonly string[])[] = [
  ["certificates", "deadlines", "wire"],
  ["dtls", "coap", "nodes", "handover"],
  ["crypto-node", "forwarder", "state", "x509"],
  ["cluster-channel"],
  ["udp", "monitor", "discovery-k8s"],
  ["server", "benchmark"],
  ["deploy"],
];
const PURE = [
  "deadlines",
  "wire",
  "dtls",
  "coap",
  "nodes",
  "handover",
  "forwarder",
  "state",
  "cluster-channel",
];
/** Parts of pure packages that say in their path that they are for Node.js. */
const PLATFORM_PARTS = ["packages/state/src/node/"];

interface Manifest {
  readonly name: string;
  readonly folder: string;
  readonly dependencies: readonly string[];
  /** Of these the sources may import types. */
  readonly developmentDependencies: readonly string[];
}

const manifests: readonly Manifest[] = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => {
    const folder = `${group}/${name}`;
    const text = readFileSync(join(root, folder, "package.json"), "utf8");
    const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as {
      readonly dependencies?: Record<string, string>;
      readonly devDependencies?: Record<string, string>;
    };
    return {
      name,
      folder,
      dependencies: Object.keys(dependencies),
      developmentDependencies: Object.keys(devDependencies),
    };
  }),
);

const layerOf = (name: string): number => LAYERS.findIndex((layer) => layer.includes(name));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** @param typesOf packages of which types may be imported */
function importsOf(file: string, typesOf: readonly string[] = []): string[] {
  const text = typesOf.reduce(
    (rest, name) => rest.replaceAll(new RegExp(`^import type [^;]*? from "${name}";`, "gm"), ""),
    readFileSync(file, "utf8"),
  );
  return [
    ...text.matchAll(/^(?:import|export)\b[^"]*?from "([^".][^"]*)";|\bimport\("([^".][^"]*)"\)/gm),
  ].map((match) => match[1] ?? match[2] ?? "");
}

describe("layers", () => {
  it("name every package", () => {
    expect(manifests.map((manifest) => manifest.name).filter((name) => layerOf(name) < 0)).toEqual(
      [],
    );
  });

  it.each(manifests)("$name depends on lower layers only", ({ name, dependencies }) => {
    const upward = dependencies
      .filter((dependency) => dependency.startsWith("@dtls-cluster/"))
      .filter((dependency) => layerOf(dependency.slice("@dtls-cluster/".length)) >= layerOf(name));
    expect(upward).toEqual([]);
  });

  it.each(manifests)(
    "$name imports what its manifest declares",
    ({ name, folder, dependencies, developmentDependencies }) => {
      const undeclared = sources(folder).flatMap((file) =>
        importsOf(file, developmentDependencies)
          .filter((specifier) => !specifier.startsWith("node:"))
          .map((specifier) =>
            specifier
              .split("/")
              .slice(0, specifier.startsWith("@") ? 2 : 1)
              .join("/"),
          )
          .filter((specifier) => specifier !== `@dtls-cluster/${name}`)
          .filter((specifier) => !dependencies.includes(specifier))
          .map((specifier) => `${file}: ${specifier}`),
      );
      expect(undeclared.filter((entry) => !entry.endsWith(": koffi"))).toEqual([]);
    },
  );

  it.each(PURE)("%s knows no platform", (name) => {
    const platform = sources(`packages/${name}`)
      .filter((file) => !PLATFORM_PARTS.some((part) => file.includes(part)))
      .flatMap((file) => importsOf(file).filter((specifier) => specifier.startsWith("node:")));
    expect(platform).toEqual([]);
  });
});
