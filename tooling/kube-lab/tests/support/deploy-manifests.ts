import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { REPOSITORY } from "../../src/image/server-context.ts";

interface StatefulSet {
  spec: {
    template: {
      spec: { containers: { command?: string[]; args?: string[]; env: object[] }[] };
    };
  };
}

const SERVER = join(REPOSITORY, "apps", "server");
const TRUST = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/**
 * The manifests that the server ships. As long as the server does not look for its nodes through the
 * Kubernetes API by itself (`apps/server/src/kubernetes`), its command line is put together in the pod.
 */
export function manifestsFor(folder: string): string {
  const shipped = join(SERVER, "k8s", "base");
  if (existsSync(join(SERVER, "src", "kubernetes"))) return shipped;
  const copy = join(folder, "manifests");
  cpSync(shipped, copy, { recursive: true });
  const file = join(copy, "statefulset.yaml");
  const set = load(readFileSync(file, "utf8")) as StatefulSet;
  const [container] = set.spec.template.spec.containers;
  if (container === undefined) throw new Error(`${file} has no container`);
  container.command = [
    "node",
    "-e",
    readFileSync(join(import.meta.dirname, "start-in-pod.cjs"), "utf8"),
  ];
  delete container.args;
  container.env.push({ name: "NODE_EXTRA_CA_CERTS", value: TRUST });
  writeFileSync(file, dump(set));
  return copy;
}
