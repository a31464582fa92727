import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** Values by name, read when somebody asks for the metrics. */
export type MetricSnapshot = Readonly<Record<string, number>>;

export interface MetricOptions {
  /** Complete name of the metric, `[a-z_]+`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  /**
   * Without it, `collect` returns one value under any key. With it, each key of what it returns is a
   * value of this label.
   */
  readonly label?: string;
  readonly collect: () => MetricSnapshot;
}

/** Metrics that other parts add as functions over their own plain snapshots. */
export class Metrics {
  /** For parts that bring metrics of prom-client themselves. */
  readonly registry: Registry = new Registry();

  /** @param options.process adds those of the process, with the event-loop lag. Default true. */
  constructor(options: { readonly process?: boolean } = {}) {
    if (options.process !== false) collectDefaultMetrics({ register: this.registry });
  }

  /** A value that goes up and down. @throws Error of prom-client for a bad or repeated name. */
  gauge(options: MetricOptions): void {
    new Gauge({
      name: options.name,
      help: options.help,
      registers: [this.registry],
      labelNames: options.label === undefined ? [] : [options.label],
      collect() {
        // Values that have gone from the snapshot must go from the metrics as well.
        this.reset();
        for (const [key, value] of Object.entries(options.collect())) {
          if (options.label === undefined) this.set(value);
          else this.labels(key).set(value);
        }
      },
    });
  }

  /** A value that only grows. @throws Error of prom-client for a bad or repeated name. */
  counter(options: MetricOptions): void {
    new Counter({
      name: options.name,
      help: options.help,
      registers: [this.registry],
      labelNames: options.label === undefined ? [] : [options.label],
      collect() {
        // Snapshots hold totals already, so the counter starts anew with each of them.
        this.reset();
        for (const [key, value] of Object.entries(options.collect())) {
          if (options.label === undefined) this.inc(value);
          else this.labels(key).inc(value);
        }
      },
    });
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
