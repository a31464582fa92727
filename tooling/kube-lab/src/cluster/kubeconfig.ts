import { readFileSync, writeFileSync } from "node:fs";
import { API_URL } from "../host/network.ts";
import type { Authority } from "./authority.ts";

/** Writes the file that a program reaches the API server with, as the identity of certificate `name`. */
export function writeKubeconfig(file: string, authority: Authority, name: string): void {
  const base64 = (path: string): string => readFileSync(path).toString("base64");
  const cluster = {
    server: API_URL,
    "certificate-authority-data": base64(authority.certificate),
  };
  const user = {
    "client-certificate-data": base64(authority.certificateOf(name)),
    "client-key-data": base64(authority.keyOf(name)),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "kube-lab", cluster }],
    users: [{ name, user }],
    contexts: [{ name: "kube-lab", context: { cluster: "kube-lab", user: name } }],
    "current-context": "kube-lab",
  };
  // JSON is YAML, too.
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
