import { DelayedDown } from "./delayed-down.ts";
import { HttpService, type HttpServiceOptions } from "./http-service.ts";
import { Metrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import type { Route, RouteRequest } from "./route.ts";

export interface MonitorOptions extends Partial<Omit<HttpServiceOptions, "routes">> {
  readonly readiness?: Readiness;
  readonly metrics?: Metrics;
  /** Further routes. */
  readonly routes?: readonly Route[];
  /** How long `/alive` stays up after {@link Monitor.stop}. Default 4000. */
  readonly downDelayMs?: number;
  /** Monotonic milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/** `/ready`, `/alive` and `/metrics` over plain http, default port 8080. */
export class Monitor {
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly #service: HttpService;
  readonly #alive: DelayedDown;
  readonly #now: () => number;
  #isStopped = false;

  constructor(options: MonitorOptions = {}) {
    const { downDelayMs = 4000 } = options;
    this.#now = options.now ?? (() => performance.now());
    this.readiness = options.readiness ?? new Readiness({ downDelayMs, now: this.#now });
    this.metrics = options.metrics ?? new Metrics();
    this.#alive = new DelayedDown(downDelayMs, true);
    const routes = [this.#readyRoute(), this.#aliveRoute(), this.#metricsRoute()];
    this.#service = new HttpService({
      port: 8080,
      ...options,
      routes: [...routes, ...(options.routes ?? [])],
    });
  }

  /** False some time after {@link stop}. */
  get isAlive(): boolean {
    return this.#alive.update(!this.#isStopped, this.#now());
  }

  /** @returns the port. @throws MonitorConfigError when it cannot listen. */
  listen(): Promise<number> {
    return this.#service.listen();
  }

  /** The process has nothing left to do: `/alive` goes down, after its delay. */
  stop(): void {
    this.#isStopped = true;
    this.#alive.update(false, this.#now());
  }

  close(graceMs = 0): Promise<void> {
    return this.#service.close(graceMs);
  }

  #readyRoute(): Route {
    const handle = ({ query }: RouteRequest) => {
      const report = this.readiness.report();
      const status = report.isReady ? 200 : 503;
      const word = report.isReady ? "OK\n" : "DOWN\n";
      if (!query.has("verbose")) return { status, body: word };
      const lines = report.components.map(
        ({ name, isReady }) => `${name} ${isReady ? "ready" : "not ready"}\n`,
      );
      return { status, body: word + lines.join("") };
    };
    return { path: "/ready", methods: ["GET", "HEAD"], handle };
  }

  #aliveRoute(): Route {
    const handle = () =>
      this.isAlive ? { status: 200, body: "OK\n" } : { status: 503, body: "STOPPED\n" };
    return { path: "/alive", methods: ["GET", "HEAD"], handle };
  }

  #metricsRoute(): Route {
    const handle = async () => ({
      status: 200,
      body: await this.metrics.text(),
      contentType: this.metrics.registry.contentType,
    });
    return { path: "/metrics", methods: ["GET", "HEAD"], handle };
  }
}
