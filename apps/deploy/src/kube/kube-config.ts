import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { UsageError } from "../errors.ts";

export interface KubeConfigChoice {
  /** Of `--kubeconfig`. */
  readonly file: string | undefined;
  /** Of `--context`; undefined: the current one of the file. */
  readonly context: string | undefined;
  /** Of the environment: one or several files. */
  readonly variable: string | undefined;
}

/**
 * The kubeconfig as kubectl finds it: the option, else KUBECONFIG, else ~/.kube/config, else the service
 * account of the pod that this runs in.
 * @throws UsageError
 */
export function loadKubeConfig({ file, context, variable }: KubeConfigChoice): KubeConfig {
  const { files, source } = configFiles(file, variable);
  const config = new KubeConfig();
  if (files.length === 0) {
    config.loadFromCluster();
    return config;
  }
  for (const [index, path] of files.entries()) {
    const next = index === 0 ? config : new KubeConfig();
    readInto(next, path, source);
    if (next !== config) config.mergeConfig(next, true);
  }
  chooseContext(config, context, files.join(delimiter));
  return config;
}

function configFiles(
  file: string | undefined,
  variable: string | undefined,
): { readonly files: readonly string[]; readonly source: string } {
  if (file !== undefined) return { files: [file], source: "--kubeconfig" };
  const listed = (variable ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) return { files: listed, source: "KUBECONFIG" };
  const usual = join(homedir(), ".kube", "config");
  const isInCluster = process.env["KUBERNETES_SERVICE_HOST"] !== undefined;
  if (isInCluster && !existsSync(usual)) return { files: [], source: "" };
  return { files: [usual], source: "the default of --kubeconfig" };
}

function readInto(config: KubeConfig, path: string, source: string): void {
  if (!existsSync(path)) {
    throw new UsageError(
      `${source} "${path}": no such file; name a kubeconfig by --kubeconfig or KUBECONFIG`,
    );
  }
  try {
    config.loadFromFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : "not readable";
    throw new UsageError(`${source} "${path}": not a kubeconfig (${reason})`, { cause });
  }
}

function chooseContext(config: KubeConfig, context: string | undefined, files: string): void {
  const known = config.getContexts().map(({ name }) => name);
  if (context !== undefined) {
    if (!known.includes(context)) {
      const list = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
      throw new UsageError(`--context "${context}": not in ${files}, ${list}`);
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentContext() === undefined || config.getCurrentContext() === "") {
    throw new UsageError(
      `${files} has no current context: name one by --context (${known.join(", ")})`,
    );
  }
  if (!config.getCurrentCluster()?.server) {
    throw new UsageError(
      `${files}: context ${config.getCurrentContext()} names no cluster with a server address`,
    );
  }
}
