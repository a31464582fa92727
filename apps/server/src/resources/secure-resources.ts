import {
  type CoapMessage,
  createResources,
  type Resource,
  type Resources,
  type ServerExchange,
} from "@dtls-cluster/coap";
import type { Connection } from "@dtls-cluster/dtls";
import type { ServerConfig } from "../config/config.ts";
import type { Diagnosis } from "../diagnose.ts";
import type { Logger } from "../log.ts";
import type { SecureCoap } from "../node/secure-coap.ts";
import { BENCHMARK_PATH, createBenchmarkResource, type ExecutionCount } from "./benchmark.ts";
import { createDiagnoseResource } from "./diagnose.ts";
import { Notifier } from "./notifier.ts";

/** What DTLS, CoAP and options take of a datagram, at most. */
const OVERHEAD_BYTES = 128;

/** What the resources of authenticated clients need of the node around them. */
export interface SecureResourcesOptions {
  readonly config: Pick<ServerConfig, "mtu" | "notifyIntervalMs">;
  readonly count: ExecutionCount;
  readonly secure: () => SecureCoap;
  /** False while another process may own the connections. */
  readonly maySend: () => boolean;
  readonly snapshot: () => Diagnosis;
  readonly log: Logger;
}

/** The resources of authenticated clients, and what notifies those who observe them. */
export interface SecureResources {
  readonly resources: Resources<Connection>;
  readonly notifier: Notifier;
}

export function createSecureResources(options: SecureResourcesOptions): SecureResources {
  const { config, count, secure, maySend, snapshot, log } = options;
  const accept = (exchange: ServerExchange<Connection>, _request: CoapMessage, now: number): void =>
    secure().coap.accept(exchange, now);
  const benchmark = createBenchmarkResource(accept, count, () => notifier.stateAt);
  const diagnosis = createDiagnoseResource<Connection>(snapshot, config.mtu - OVERHEAD_BYTES);
  const resources = createNodeResources([benchmark, diagnosis], log);
  const notifier = new Notifier(
    config.notifyIntervalMs,
    () => maySend() && resources.observers(BENCHMARK_PATH) > 0,
    (now) => void resources.changed(secure().coap, BENCHMARK_PATH, now),
  );
  return { resources, notifier };
}

/** Resources whose failures are told in the log. */
export function createNodeResources<T>(
  resources: readonly Resource<T>[],
  log: Logger,
): Resources<T> {
  return createResources<T>(resources, (error) =>
    log.error(
      { event: "resource-failed", reason: error instanceof Error ? error.stack : "unknown" },
      "a resource failed",
    ),
  );
}
