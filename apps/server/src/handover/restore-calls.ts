import {
  type AttemptKey,
  activateInput,
  activateQuery,
  copyLeaseOf,
  type HandoverInput,
  MAX_ANSWER_LENGTH,
  type Peer,
  releaseInputs,
  releaseQuery,
  restoreInput,
  restoreQuery,
} from "@dtls-cluster/handover";
import {
  CredentialWatch,
  clientCredentialFiles,
  RestoreClient,
  RestoreError,
  type RestoreTarget,
} from "@dtls-cluster/monitor";
import type { Logger } from "../log.ts";
import { resolveHost } from "../node/sockets.ts";
import { formatProcess, parseProcess } from "./process-address.ts";
import type { TakerCopy } from "./taker-copy.ts";

export interface RestoreCallsOptions {
  readonly certificates: string;
  /** This process, as the others shall find it. */
  readonly self: () => Peer;
  readonly feed: (input: HandoverInput) => void;
  /** The process at the address refuses connections: nothing listens there any more. */
  readonly refused: (peer: Peer) => void;
  /** Takes the state of a double that is a node of Californium. @throws CaliforniumStateError */
  readonly californium: (bytes: Uint8Array) => void;
  /** The process that gives said how long it keeps its copy. */
  readonly leaseTold: (ms: number | undefined) => void;
  readonly log: Logger;
}

/** First byte of the line with which a double of the own kind begins. */
const BRACE = 0x7b;
/** More often than the giver closes idle connections. */
const WARM_MS = 3000;
/** As long as Californium's own client waits for the next bytes of a stream. */
const FOREIGN_IDLE_MS = 15_000;
/** More often than the machine finds that a stream stalls. */
const PATIENCE_MS = 2000;
/** How long the end of a process may wait for its successor. */
const FAREWELL_MS = 2000;
/** Three million connections. */
const MAX_FOREIGN_BYTES = 2 ** 30;

/** Told about a stream that is being read. */
export interface StreamReader {
  readonly copy: TakerCopy;
  readonly frozen: () => void;
  readonly closed: () => void;
}

/** The questions of this process to others over https. */
export class RestoreCalls {
  readonly #options: RestoreCallsOptions;
  readonly #watch: CredentialWatch;
  readonly #client: RestoreClient;
  #stream: AbortController | undefined;
  #isReading = false;
  #lastProblem = "";
  #giver: Peer | undefined;
  /** Where the giver was found, which may be another address than the one it knows of itself. */
  #reached: { readonly id: string; readonly target: RestoreTarget } | undefined;
  #stopWarming = (): void => {};

  /** @throws MonitorConfigError */
  static async open(options: RestoreCallsOptions): Promise<RestoreCalls> {
    const { log, certificates } = options;
    const watch = await CredentialWatch.open({
      files: clientCredentialFiles(certificates),
      onReload: () =>
        log.info({ event: "certificates-reloaded" }, "the client certificates were reloaded"),
      onProblem: (error) => log.error({ event: "certificates-unusable" }, error.message),
    });
    return new RestoreCalls(options, watch);
  }

  private constructor(options: RestoreCallsOptions, watch: CredentialWatch) {
    this.#options = options;
    this.#watch = watch;
    this.#client = new RestoreClient({
      credentials: () => watch.current,
      // The machine repeats what it wants to be repeated.
      attempts: 1,
      connectTimeoutMs: 4000,
      readIdleMs: FOREIGN_IDLE_MS,
    });
  }

  /** A stream is being read: its giver may have sent more than has been read. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** `GET /restore`; everything that comes of it is fed. */
  async openStream(attempt: AttemptKey, from: Peer, reader: StreamReader): Promise<void> {
    const { feed, self } = this.#options;
    this.#stream?.abort();
    const controller = new AbortController();
    this.#stream = controller;
    this.#isReading = true;
    try {
      const target = await this.#target(from);
      await this.#client.restore(
        target,
        (chunks) => this.#readStream(attempt, target, chunks, reader, controller.signal),
        { query: restoreQuery(self(), attempt.number), signal: controller.signal },
      );
    } catch (error) {
      if (this.#stream === controller) this.#isReading = false;
      if (controller.signal.aborted) return;
      this.#problem("the state of the double could not be taken over", error);
      if (isRefused(error)) this.#options.refused(from);
    }
    if (this.#stream === controller) this.#isReading = false;
    this.#stopWarming();
    reader.closed();
    feed({ type: "stream-broken", attempt });
  }

  /** Gives the stream up that is being read. */
  abortStream(): void {
    this.#stream?.abort();
  }

  async activate(attempt: AttemptKey, round: number, to: Peer): Promise<void> {
    this.#stopWarming();
    // From here on a keep-alive is but that.
    this.#giver = undefined;
    try {
      const query = activateQuery(attempt, round);
      const text = await this.#client.activate(await this.#target(to), { query });
      const input = activateInput(attempt, round, JSON.parse(text));
      if (input !== undefined) this.#options.feed(input);
    } catch (error) {
      this.#problem("the activation was not acknowledged", error);
      if (isRefused(error)) this.#options.refused(to);
    }
  }

  /** Where the cluster channel of a process is, if it answers. */
  async findCluster(of: Peer): Promise<Peer | undefined> {
    try {
      const target = await this.#target(of);
      for (const input of await this.#askAt(target, of, 0, 0)) {
        if (input.type !== "ping-seen") continue;
        const process = parseProcess(input.peer.address, target.host);
        return process && { id: input.peer.id, address: formatProcess(process) };
      }
    } catch {
      // Whoever asks for the connections later says what is wrong.
    }
    return undefined;
  }

  /** @returns whether the process itself answered. */
  async askRelease(of: Peer, generation: number, attempt: number): Promise<boolean> {
    const { feed, refused } = this.#options;
    try {
      const target = await this.#target(of);
      for (const input of await this.#askAt(target, of, generation, attempt)) {
        // Another process at the same address took the place of one that has ended.
        if (input.type === "ping-seen" && input.peer.id !== of.id) {
          feed({ type: "peer-dead", id: of.id });
          return false;
        }
        feed(input);
      }
      return true;
    } catch (error) {
      this.#problem("a copy was not released", error);
      if (isRefused(error)) refused(of);
      return false;
    }
  }

  /**
   * Says that this process, which is about to end, has dropped the copy that it held for `to`. Once its
   * address is gone nobody could ask it any more.
   */
  async tellRelease(to: Peer, generation: number): Promise<void> {
    try {
      await this.#client.post(await this.#target(to), "/restore/released", {
        query: releaseQuery(this.#options.self(), generation, 0),
        signal: AbortSignal.timeout(FAREWELL_MS),
      });
    } catch (error) {
      this.#problem("the new owner does not learn that its copy is gone", error);
    }
  }

  close(): void {
    this.#stream?.abort();
    this.#watch.close();
    this.#client.close();
  }

  /** Asks for a release; an answer of either kind says how things are. */
  async #askAt(
    target: RestoreTarget,
    of: Peer,
    generation: number,
    attempt: number,
  ): Promise<readonly HandoverInput[]> {
    const query = releaseQuery(this.#options.self(), generation, attempt);
    const text = await this.#client.post(target, "/restore/release", { query });
    return releaseInputs(of.id, generation, JSON.parse(text));
  }

  /** Says that everything up to a question of the giver is imported. Without it the giver waits a little. */
  async #acknowledge(attempt: AttemptKey): Promise<void> {
    if (this.#giver === undefined) return;
    try {
      const query = activateQuery(attempt, 0);
      await this.#client.post(await this.#target(this.#giver), "/restore/copied", { query });
    } catch (error) {
      this.#problem("the giver does not learn how far the copy is", error);
    }
  }

  /** Keeps connections open while the copy is under way: one for its progress, one for the activation. */
  #warm(giver: Peer, signal: AbortSignal): void {
    this.#stopWarming();
    const warm = async (): Promise<void> => {
      try {
        const target = await this.#target(giver);
        await Promise.all([
          this.#client.warm(target, { signal }),
          this.#client.warm(target, { signal }),
        ]);
      } catch {
        // Then the activation opens one itself.
      }
    };
    void warm();
    const timer = setInterval(() => void warm(), WARM_MS).unref();
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#stopWarming = () => clearInterval(timer);
  }

  async #target(peer: Peer): Promise<RestoreTarget> {
    if (this.#reached?.id === peer.id) return this.#reached.target;
    const process = parseProcess(peer.address);
    if (process === undefined || process.httpsPort === 0) {
      throw new RangeError(`process ${peer.id} has no https address`);
    }
    return { host: await resolveHost("--double", process.host), port: process.httpsPort };
  }

  async #readStream(
    attempt: AttemptKey,
    target: RestoreTarget,
    chunks: AsyncIterable<Uint8Array>,
    reader: StreamReader,
    signal: AbortSignal,
  ): Promise<void> {
    const { feed } = this.#options;
    let line: string | undefined = "";
    let foreign: ForeignState | undefined;
    // A node of Californium answers before it stops, and cannot be asked again for what it streams.
    const patience = setInterval(() => feed({ type: "stream-progress", attempt }), PATIENCE_MS);
    for await (const chunk of stopping(patience, chunks)) {
      if (signal.aborted) return;
      if (line === "" && chunk[0] !== BRACE) foreign ??= new ForeignState();
      if (foreign !== undefined) {
        foreign.push(chunk);
        feed({ type: "stream-progress", attempt });
        continue;
      }
      let rest = chunk;
      if (line !== undefined) {
        const end = chunk.indexOf(10);
        line += Buffer.from(end < 0 ? chunk : chunk.subarray(0, end)).toString("utf8");
        if (line.length > MAX_ANSWER_LENGTH) throw new RangeError("the answer is no line");
        if (end < 0) continue;
        clearInterval(patience);
        const answer: unknown = JSON.parse(line);
        const input = seenAt(restoreInput(attempt, answer), target.host);
        if (input === undefined) throw new RangeError("the answer is malformed");
        line = undefined;
        rest = chunk.subarray(end + 1);
        feed(input);
        if (input.type !== "stream-opened") return;
        this.#lastProblem = "";
        this.#options.leaseTold(copyLeaseOf(answer));
        this.#giver = input.giver;
        this.#reached = { id: input.giver.id, target };
        this.#warm(input.giver, signal);
      }
      for (const event of reader.copy.push(rest)) {
        if (event === "asked") void this.#acknowledge(attempt);
        if (event === "frozen") reader.frozen();
        if (event === "complete") feed({ type: "copy-complete", attempt });
        if (event === "late") feed({ type: "late-arrived", attempt });
      }
      feed({ type: "stream-progress", attempt });
    }
    if (foreign === undefined) reader.copy.finish();
    else this.#options.californium(foreign.bytes());
  }

  #problem(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : "unknown";
    // The machine asks again and again; a log that repeats itself helps nobody.
    if (reason === this.#lastProblem) return;
    this.#lastProblem = reason;
    this.#options.log.warn({ event: "handover-problem", reason }, `${what}: ${reason}`);
  }
}

/** What a double of another kind streams; it has no end mark of ours, so all of it is read first. */
class ForeignState {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > MAX_FOREIGN_BYTES) throw new RangeError("the double streams without end");
    this.#chunks.push(chunk.slice());
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** The giver's address, with the host at which it was asked where it does not know its own. */
function seenAt(input: HandoverInput | undefined, host: string): HandoverInput | undefined {
  if (input?.type !== "stream-opened") return input;
  const process = parseProcess(input.giver.address, host);
  return process && { ...input, giver: { ...input.giver, address: formatProcess(process) } };
}

/** The same items; the timer ends with them. */
async function* stopping<T>(timer: NodeJS.Timeout, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    clearInterval(timer);
  }
}

function isRefused(error: unknown): boolean {
  if (!(error instanceof RestoreError)) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
