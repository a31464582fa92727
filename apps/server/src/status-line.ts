import type { Diagnosis } from "./diagnose.ts";
import type { Logger } from "./log.ts";

/** One line now and then: how many clients, how much work, what was lost. */
export class StatusLine {
  readonly #intervalMs: number;
  readonly #snapshot: () => Diagnosis;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #last: Diagnosis | undefined;

  constructor(intervalMs: number, snapshot: () => Diagnosis, log: Logger) {
    this.#intervalMs = intervalMs;
    this.#snapshot = snapshot;
    this.#log = log;
  }

  start(): void {
    if (this.#intervalMs === 0) return;
    this.#timer = setInterval(() => this.#report(), this.#intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #report(): void {
    const now = this.#snapshot();
    const before = this.#last;
    this.#last = now;
    const requests = now.requests - (before?.requests ?? 0);
    const rate = Math.round((requests * 1000) / this.#intervalMs);
    const forwarded =
      Number(now.forwarder["forwarded"] ?? 0) - Number(before?.forwarder["forwarded"] ?? 0);
    const drops = now.kernelDrops - (before?.kernelDrops ?? 0);
    this.#log.info(
      {
        event: "status",
        connections: now.connections,
        requests: now.requests,
        rate,
        forwarded,
        drops,
      },
      `${now.connections} connections, ${rate} reqs/s, ${forwarded} forwarded, ${drops} kernel drops, ${now.nodes.length + 1} nodes`,
    );
  }
}
