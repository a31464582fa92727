import { Monitor, MonitorConfigError } from "@dtls-cluster/monitor";
import { ConfigError } from "../config/config-error.ts";
import type { HostPort } from "../config/option-values.ts";

/** `/alive` up and `/ready` down, while a pod waits for its turn. */
export class WaitingMonitor {
  readonly #monitor: Monitor;

  /** Undefined where there shall be no monitor. @throws ConfigError when it cannot listen */
  static async open(address: HostPort | undefined): Promise<WaitingMonitor | undefined> {
    if (address === undefined) return undefined;
    const monitor = new Monitor({ host: address.host, port: address.port });
    monitor.readiness.add("serving", () => false);
    try {
      await monitor.listen();
    } catch (error) {
      if (error instanceof MonitorConfigError) throw new ConfigError(`--http: ${error.message}`);
      throw error;
    }
    return new WaitingMonitor(monitor);
  }

  private constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  close(): Promise<void> {
    return this.#monitor.close();
  }
}
