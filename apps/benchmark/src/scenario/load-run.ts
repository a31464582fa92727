import type { CoapEndpoint, Entropy } from "@dtls-cluster/coap";
import { AnswerCheck } from "../answer-check.ts";
import { createClientCoap } from "../client-coap.ts";
import type { ClientContext, ClientSettings } from "../client-context.ts";
import { ClientEndpoint, type EndpointFactory } from "../client-endpoint.ts";
import { createClients } from "../client-factory.ts";
import type { BenchmarkConfig } from "../config.ts";
import { HandshakePacer } from "../handshake-pacer.ts";
import { HandshakeTally } from "../handshake-tally.ts";
import type { LoadClient } from "../load-client.ts";
import type { Report } from "../report.ts";
import { connectLine, intervalLine } from "../report-text.ts";
import { createTask, Scheduler } from "../scheduler.ts";
import type { Surroundings } from "../surroundings.ts";
import { Tally } from "../tally.ts";
import type { Target } from "../target.ts";
import { verdict } from "../verdict.ts";
import { gatherFigures } from "./figures.ts";
import { Windows } from "./windows.ts";
import { Work } from "./work.ts";

/** What a run gets besides its configuration. */
export interface RunParts {
  readonly surroundings: Surroundings;
  readonly entropy: Entropy;
  readonly createEndpoint: EndpointFactory;
  readonly print: (line: string) => void;
}

const PROGRESS_MS = 2000;
const RAMP_MS = 1000;
const INTERRUPTED_GRACE_MS = 5000;
const CLOSE_BATCH = 100;
const CLOSE_PAUSE_MS = 5;

/** One run: all clients connect, load the targets, wait for the last answers, and say goodbye. */
export class LoadRun implements ClientContext {
  readonly surroundings: Surroundings;
  readonly scheduler: Scheduler;
  readonly coap: CoapEndpoint<LoadClient>;
  readonly dtls: ClientEndpoint | undefined;
  readonly pacer: HandshakePacer;
  readonly tally: Tally = new Tally();
  readonly handshakes: HandshakeTally = new HandshakeTally();
  readonly answers: AnswerCheck;
  readonly targets: readonly Target[];
  readonly settings: ClientSettings;
  readonly #config: BenchmarkConfig;
  readonly #print: (line: string) => void;
  readonly #clients: readonly LoadClient[];
  readonly #work: Work;
  readonly #networkProblems = new Map<string, number>();
  readonly #problems: string[] = [];
  readonly #progress = createTask((now) => this.#showProgress(now));
  readonly #window = createTask((now) => this.#endWindow(now));
  readonly #end = createTask((now) => this.#endLoad(now, this.#config.graceMs));
  readonly #giveUp = createTask((now) => this.#finish(now));
  readonly #staleness = createTask((now) => this.#checkStaleness(now));
  #phase: "connecting" | "loading" | "draining" | "over" = "connecting";
  #tried = 0;
  #connected = 0;
  #startedAt = 0;
  #loadStartedAt = 0;
  #connectMs = 0;
  #handshakesBeforeLoad = 0;
  #windows: Windows | undefined;
  #ended: { readonly at: number; readonly responses: number } | undefined;
  #cpuAtStart = 0;
  #responsesSeen = -1;
  #resolve: ((report: Report) => void) | undefined;

  constructor(config: BenchmarkConfig, parts: RunParts) {
    this.#config = config;
    this.#print = parts.print;
    this.surroundings = parts.surroundings;
    this.targets = config.targets;
    this.answers = new AnswerCheck(config.verify, config.method, config.targets[0] as Target);
    this.settings = {
      intervalMs: config.intervalMs,
      errorPauseMs: config.errorPauseMs,
      handshakeTimeoutMs: config.handshakeTimeoutMs,
      spread: config.spread,
      rebindEvery: config.rebindEvery,
      // A lost non-confirmable message is normal, a confirmable one that nobody acknowledged is not.
      failuresToReconnect: config.confirmable ? 1 : 3,
    };
    this.coap = createClientCoap(config, parts.entropy, this);
    const isSecure = config.targets[0]?.scheme === "coaps";
    this.dtls = isSecure
      ? new ClientEndpoint(parts.createEndpoint, config.certificates)
      : undefined;
    this.scheduler = new Scheduler(
      parts.surroundings,
      this.dtls === undefined ? [this.coap] : [this.coap, this.dtls],
      config.clients,
    );
    this.pacer = new HandshakePacer(this.scheduler, config.handshakesAtOnce, config.handshakeRate);
    this.#work = new Work(config.requests);
    this.#clients = createClients(config, this);
  }

  /** Runs to the end. Never rejects for anything that the network or a server does. */
  run(signal: AbortSignal | undefined): Promise<Report> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      const now = this.surroundings.now();
      this.#startedAt = now;
      this.scheduler.set(this.#progress, now + PROGRESS_MS);
      if (signal?.aborted === true) {
        this.#finish(now);
        return;
      }
      signal?.addEventListener("abort", () => this.#interrupt(this.surroundings.now()));
      for (const client of this.#clients) this.pacer.apply(client, now);
    });
  }

  // For the clients.

  takeRequest(had: number): boolean {
    return this.#work.take(had);
  }

  returnRequest(): void {
    this.#work.giveBack();
  }

  settled(now: number): void {
    this.#work.settle();
    if (this.#work.isDone) this.#finish(now);
  }

  firstAttemptOver(client: LoadClient, now: number): void {
    this.#tried += 1;
    if (this.#phase !== "connecting") {
      client.startAt(now);
      return;
    }
    const needsCid = this.settings.spread || this.settings.rebindEvery !== undefined;
    if (
      client.isUp &&
      needsCid &&
      this.targets[0]?.scheme === "coaps" &&
      !client.hasServerConnectionId
    ) {
      this.#problems.push("the server gave no Connection ID; --spread and --rebind need one");
      this.#finish(now);
      return;
    }
    if (client.isUp) this.#connected += 1;
    const enough = Math.min(this.#config.clients, this.#config.handshakesAtOnce);
    if (this.#connected === 0 && this.#tried >= enough) {
      const reasons = [
        ...Object.keys(this.handshakes.failures()),
        ...this.#networkProblems.keys(),
      ].join(", ");
      this.#problems.push(`no client could connect (${reasons})`);
      this.#finish(now);
    } else if (this.#tried === this.#config.clients) {
      this.#startLoad(now);
    }
  }

  networkProblem(code: string): void {
    this.#networkProblems.set(code, (this.#networkProblems.get(code) ?? 0) + 1);
  }

  isOver(): boolean {
    return this.#phase === "over";
  }

  // The phases.

  #startLoad(now: number): void {
    this.scheduler.cancel(this.#progress);
    this.#connectMs = now - this.#startedAt;
    this.#handshakesBeforeLoad = this.handshakes.completed;
    this.#showProgress(now);
    this.#phase = "loading";
    this.#work.shareAmong(this.#connected);
    this.#loadStartedAt = now;
    this.#cpuAtStart = this.surroundings.cpuMicros();
    this.tally.start(now);
    this.#windows = new Windows(this.tally, now);
    const { durationMs, reportIntervalMs, intervalMs } = this.#config;
    this.scheduler.set(this.#window, now + reportIntervalMs);
    if (durationMs === undefined) this.scheduler.set(this.#staleness, now + this.#staleMs);
    else this.scheduler.set(this.#end, now + durationMs);
    // All at once would only fill socket buffers; with an interval the phases must be spread over it.
    const rampMs = intervalMs ?? Math.min(RAMP_MS, (durationMs ?? RAMP_MS * 10) / 10);
    const step = rampMs / this.#clients.length;
    this.#clients.forEach((client, index) => {
      client.startAt(now + step * (index + this.surroundings.random()));
    });
  }

  #interrupt(now: number): void {
    if (this.#phase === "connecting") this.#finish(now);
    else if (this.#phase === "loading") {
      this.#endLoad(now, Math.min(this.#config.graceMs, INTERRUPTED_GRACE_MS));
    } else if (this.#phase === "draining") this.#finish(now);
  }

  #endLoad(now: number, graceMs: number): void {
    if (this.#phase !== "loading") return;
    this.#phase = "draining";
    this.#markEnd(now);
    this.#work.close();
    this.pacer.clear();
    if (this.#work.isDone) this.#finish(now);
    else this.scheduler.set(this.#giveUp, now + graceMs);
  }

  #markEnd(now: number): void {
    this.#ended ??= { at: now, responses: this.tally.totals().responses };
  }

  #finish(now: number): void {
    if (this.#phase === "over") return;
    if (this.#phase !== "connecting") this.#markEnd(now);
    else this.#connectMs = now - this.#startedAt;
    this.#phase = "over";
    if (this.#windows !== undefined) {
      this.#print(intervalLine(this.#windows.cut(this.#countConnected(), now, this.#ended)));
    }
    const report = this.#report();
    this.scheduler.close();
    this.#closeClients(0, () => this.#resolve?.(report));
  }

  /** In small batches: thousands of close_notify at once would only overflow the server's buffer. */
  #closeClients(from: number, done: () => void): void {
    const now = this.surroundings.now();
    const batch = this.#clients.slice(from, from + CLOSE_BATCH);
    for (const client of batch) client.close(now);
    if (from + CLOSE_BATCH >= this.#clients.length) done();
    else this.surroundings.wake(CLOSE_PAUSE_MS, () => this.#closeClients(from + CLOSE_BATCH, done));
  }

  // Output.

  #showProgress(now: number): void {
    if (this.#phase !== "connecting") return;
    const { completed, failed } = this.handshakes;
    const isOver = this.#tried === this.#config.clients;
    this.#print(
      connectLine(completed, failed, this.#config.clients, now - this.#startedAt, isOver),
    );
    if (!isOver) this.scheduler.set(this.#progress, now + PROGRESS_MS);
  }

  #endWindow(now: number): void {
    if (this.#phase !== "loading" || this.#windows === undefined) return;
    const { durationMs, reportIntervalMs } = this.#config;
    const window = this.#windows.intervals.length + 1;
    this.scheduler.set(this.#window, this.#loadStartedAt + (window + 1) * reportIntervalMs);
    const endAt =
      durationMs === undefined ? Number.POSITIVE_INFINITY : this.#loadStartedAt + durationMs;
    // The line at the very end tells this window together with the last answers.
    if (endAt - now < reportIntervalMs / 20) return;
    this.#print(intervalLine(this.#windows.cut(this.#countConnected(), now)));
  }

  #countConnected(): number {
    let connected = 0;
    for (const client of this.#clients) if (client.isUp) connected += 1;
    return connected;
  }

  /** Without `--duration` nothing else would end a run whose server never answers again. */
  #checkStaleness(now: number): void {
    const { responses } = this.tally.totals();
    if (responses !== this.#responsesSeen) {
      this.#responsesSeen = responses;
      this.scheduler.set(this.#staleness, now + this.#staleMs);
      return;
    }
    this.#problems.push(`no answer for ${Math.round(this.#staleMs / 1000)} s`);
    this.#endLoad(now, 0);
  }

  get #staleMs(): number {
    const { ackTimeoutMs, ackRandomFactor, maxRetransmit, responseTimeoutMs } = this.#config;
    const maxTransmitWaitMs = ackTimeoutMs * ackRandomFactor * (2 ** (maxRetransmit + 1) - 1);
    return (
      maxTransmitWaitMs +
      responseTimeoutMs +
      this.#config.handshakeTimeoutMs +
      (this.#config.intervalMs ?? 0)
    );
  }

  #report(): Report {
    const figures = gatherFigures({
      clients: this.#config.clients,
      tally: this.tally,
      handshakes: this.handshakes,
      handshakesBeforeLoad: this.#handshakesBeforeLoad,
      intervals: this.#windows?.intervals ?? [],
      loadMs: this.#ended === undefined ? 0 : this.#ended.at - this.#loadStartedAt,
      responsesUnderLoad: this.#ended?.responses ?? 0,
      unfinished: this.#work.inFlight,
      connectMs: this.#connectMs,
      networkProblems: Object.fromEntries(this.#networkProblems),
      cpuMicros: this.surroundings.cpuMicros() - this.#cpuAtStart,
    });
    return { ...figures, problems: [...this.#problems, ...verdict(figures, this.#config)] };
  }
}
