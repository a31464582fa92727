import {
  type ActivateAnswer,
  type AttemptKey,
  type HandoverInput,
  parseQuery,
  type ReleaseAnswer,
  type RestoreAnswer,
  type Status,
} from "@dtls-cluster/handover";
import {
  CredentialWatch,
  RestoreServer,
  type RouteAnswer,
  type RouteRequest,
  serverCredentialFiles,
} from "@dtls-cluster/monitor";
import type { HostPort } from "../config/option-values.ts";
import type { Logger } from "../log.ts";
import { formatProcess, parseProcess } from "./process-address.ts";

export interface RestoreServiceOptions {
  readonly address: HostPort;
  readonly certificates: string;
  readonly feed: (input: HandoverInput) => void;
  /** The taker has imported what it was sent. */
  readonly copied: (attempt: AttemptKey) => void;
  /** Stops and gives all connections to a node of Californium; undefined while that cannot be. */
  readonly californium: () => Uint8Array | undefined;
  /** A node of Californium has everything. */
  readonly hasGiven: () => boolean;
  /** What this process says of itself. */
  readonly status: () => Status;
  readonly log: Logger;
}

const BAD_REQUEST: RouteAnswer = { status: 400, body: "BAD REQUEST\n" };
const UNAVAILABLE: RouteAnswer = { status: 503, body: "TRY AGAIN\n" };

/** The questions of other processes over https. The machine answers by the methods, at once or never. */
export class RestoreService {
  readonly #options: RestoreServiceOptions;
  readonly #server: RestoreServer;
  readonly #watch: CredentialWatch;
  /** The question that is being fed; there is one at most, because feeding is synchronous. */
  #answer: RouteAnswer | undefined;
  #isReleased = false;

  /** @throws MonitorConfigError */
  static async open(options: RestoreServiceOptions): Promise<RestoreService> {
    const { log, certificates, address } = options;
    const watch = await CredentialWatch.open({
      files: serverCredentialFiles(certificates),
      onReload: (credentials) => {
        service.#server.replaceCredentials(credentials);
        log.info({ event: "certificates-reloaded" }, "the https certificates were reloaded");
      },
      onProblem: (error) => log.error({ event: "certificates-unusable" }, error.message),
    });
    const service: RestoreService = new RestoreService(options, watch);
    try {
      await service.#server.listen();
    } catch (error) {
      watch.close();
      throw error;
    }
    log.debug({ event: "handover-listening", port: address.port }, "https is open");
    return service;
  }

  private constructor(options: RestoreServiceOptions, watch: CredentialWatch) {
    const { address, log } = options;
    this.#options = options;
    this.#watch = watch;
    this.#server = new RestoreServer({
      host: address.host,
      port: address.port,
      credentials: watch.current,
      restore: (request) => this.#restore(request),
      activate: (request) => this.#ask("activate", request),
      routes: [
        {
          path: "/restore/release",
          methods: ["POST"],
          handle: (request) => this.#release(request),
        },
        {
          path: "/restore/released",
          methods: ["POST"],
          handle: (request) => this.#released(request),
        },
        {
          path: "/restore/copied",
          methods: ["POST"],
          handle: (request) => this.#copied(request),
        },
      ],
      onError: (error) => log.debug({ event: "https-refused" }, error.message),
    });
  }

  /** Answers `GET /restore`. @param body the state stream, for a grant. */
  answerRestore(answer: RestoreAnswer, body?: AsyncIterable<Uint8Array>): void {
    this.#answer = { status: 200, body: body ?? lineOf(answer) };
  }

  answerActivation(accepted: boolean): void {
    const answer: ActivateAnswer = { accepted };
    this.#answer = { status: 200, body: lineOf(answer) };
  }

  answerRelease(): void {
    this.#isReleased = true;
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#server.close(200);
  }

  #restore(request: RouteRequest): RouteAnswer {
    const { californium, hasGiven, status } = this.#options;
    // A node of Californium asks without saying who it is.
    if (request.query.size === 0) {
      const bytes = californium();
      return bytes === undefined ? UNAVAILABLE : { status: 200, body: chunksOf(bytes) };
    }
    if (hasGiven()) {
      return { status: 200, body: lineOf({ refused: "handed-over", from: status().from.id }) };
    }
    const input = this.#parse("restore", request);
    if (input?.type !== "restore-requested") return BAD_REQUEST;
    const attempt: AttemptKey = { taker: input.taker.id, number: input.number };
    request.signal.addEventListener("abort", () => {
      this.#options.feed({ type: "stream-broken", attempt });
    });
    return this.#feed(input);
  }

  #ask(kind: "activate", request: RouteRequest): RouteAnswer {
    const input = this.#parse(kind, request);
    return input === undefined ? BAD_REQUEST : this.#feed(input);
  }

  #release(request: RouteRequest): RouteAnswer {
    const input = this.#parse("release", request);
    if (input === undefined) return BAD_REQUEST;
    this.#isReleased = false;
    this.#options.feed(input);
    const answer: ReleaseAnswer = { released: this.#isReleased, status: this.#options.status() };
    return { status: 200, body: lineOf(answer) };
  }

  /** The sender ends and holds nothing any more. */
  #released(request: RouteRequest): RouteAnswer {
    const input = this.#parse("release", request);
    if (input?.type !== "release-requested") return BAD_REQUEST;
    const { from, generation } = input;
    this.#options.feed({ type: "copy-released", from: from.id, generation });
    return { status: 200, body: "OK\n" };
  }

  #copied(request: RouteRequest): RouteAnswer {
    const input = this.#parse("activate", request);
    if (input?.type !== "activate-requested") return BAD_REQUEST;
    this.#options.copied(input.attempt);
    return { status: 200, body: "OK\n" };
  }

  #feed(input: HandoverInput): RouteAnswer {
    this.#answer = undefined;
    this.#options.feed(input);
    return this.#answer ?? UNAVAILABLE;
  }

  /** The question, with the address at which its sender was seen where it does not know its own. */
  #parse(
    kind: "restore" | "activate" | "release",
    request: RouteRequest,
  ): HandoverInput | undefined {
    const input = parseQuery(kind, request.query);
    if (input?.type === "restore-requested") {
      const address = seenAddress(input.taker.address, request.peerAddress);
      return address === undefined ? undefined : { ...input, taker: { ...input.taker, address } };
    }
    if (input?.type === "release-requested") {
      const address = seenAddress(input.from.address, request.peerAddress);
      return address === undefined ? undefined : { ...input, from: { ...input.from, address } };
    }
    return input;
  }
}

const CHUNK_BYTES = 65_536;

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    yield bytes.subarray(from, from + CHUNK_BYTES);
  }
}

export function lineOf(answer: RestoreAnswer | ActivateAnswer | ReleaseAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

function seenAddress(text: string, seenAt: string | undefined): string | undefined {
  const process = parseProcess(text, seenAt);
  return process && formatProcess(process);
}
