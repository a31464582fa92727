import type { Target } from "./target.ts";
import { resolveTargets } from "./target.ts";

/**
 * Follows nodes that move during a run, as a balancer would: a parent process that has an IPC channel sends
 * `{ targets: [URI, ...] }`, as many as there were. Clients of `--spread` send there from then on, from the
 * same sockets; the others stay with their first node, as flows do that stick to it.
 */
export function followTargets(targets: readonly Target[]): readonly Target[] {
  if (process.channel === undefined) return targets;
  const moving = [...targets];
  process.on("message", (message: unknown) => {
    const uris = urisOf(message);
    if (uris?.length !== moving.length) return;
    void resolveTargets(uris).then(
      (resolved) => moving.splice(0, moving.length, ...resolved),
      (error: unknown) => console.error(`dtls-cluster-benchmark: targets stay: ${String(error)}`),
    );
  });
  process.channel?.unref();
  return moving;
}

function urisOf(message: unknown): readonly string[] | undefined {
  if (typeof message !== "object" || message === null || !("targets" in message)) return undefined;
  const { targets } = message;
  const isList = Array.isArray(targets) && targets.every((uri) => typeof uri === "string");
  return isList ? (targets as readonly string[]) : undefined;
}
