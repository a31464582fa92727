import { Metrics, Monitor, MonitorConfigError } from "@dtls-cluster/monitor";
import { ConfigError } from "../config/config-error.ts";
import type { HostPort } from "../config/option-values.ts";
import type { Diagnosis } from "../diagnose.ts";
import type { PhaseRecord } from "../handover/phase-record.ts";
import { addMetrics } from "./node-metrics.ts";

/** `/ready`, `/alive` and `/metrics` of a node. */
export class NodeMonitor {
  readonly #monitor: Monitor;

  constructor(
    address: HostPort,
    snapshot: () => Diagnosis,
    isReady: () => boolean,
    phases: PhaseRecord | undefined,
  ) {
    const metrics = new Metrics();
    addMetrics(metrics, snapshot, phases);
    this.#monitor = new Monitor({ host: address.host, port: address.port, metrics });
    this.#monitor.readiness.add("serving", isReady);
  }

  /** @throws ConfigError when it cannot listen */
  async listen(): Promise<void> {
    try {
      await this.#monitor.listen();
    } catch (error) {
      if (error instanceof MonitorConfigError) throw new ConfigError(`--http: ${error.message}`);
      throw error;
    }
  }

  /** The process is about to end. */
  stop(): void {
    this.#monitor.stop();
  }

  close(): Promise<void> {
    return this.#monitor.close();
  }
}
