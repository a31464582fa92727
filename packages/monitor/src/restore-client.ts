import type { IncomingMessage } from "node:http";
import { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type { TlsCredentials } from "./credentials.ts";
import { RestoreError } from "./errors.ts";
import { openRequest, type RestoreTarget, readChunks } from "./restore-request.ts";

export interface RestoreClientOptions {
  /** Asked before each attempt, so that reloaded certificates are used. */
  readonly credentials: () => TlsCredentials;
  /** Until TLS is established. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Without a byte. Default 15 000. */
  readonly readIdleMs?: number;
  /** Attempts before a retryable error is given back. Default 3. */
  readonly attempts?: number;
  /** Between attempts. Default 200. */
  readonly pauseMs?: number;
}

export interface RestoreCall {
  /** Appended to the path, e.g. the generation that the taker knows. */
  readonly query?: Readonly<Record<string, string>>;
  /** Gives up, also in the middle of a transfer. */
  readonly signal?: AbortSignal;
}

const MAX_TEXT_BYTES = 4096;

/**
 * Takes the state of a double. The double is recognised by its certificate alone, which must come
 * from the trusted authorities: its address is that of a pod, and in no certificate. So the trust must
 * hold no public authority, but one whose only certificates are those of the cluster's nodes.
 */
export class RestoreClient {
  readonly #options: RestoreClientOptions;
  /** For what is short and urgent: a TLS handshake in a freeze is time without service. */
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(options: RestoreClientOptions) {
    this.#options = options;
  }

  /**
   * `GET /restore`. `take` gets the chunks as they arrive, at its own speed, and anew with each attempt:
   * it must drop what an earlier attempt left. When it has all it needs, and only then, it may catch
   * that the stream breaks, and return.
   * @returns what `take` returned, or undefined when the double has nothing to give (404).
   * @throws RestoreError, and whatever `take` throws, which ends the attempts
   */
  restore<T>(
    target: RestoreTarget,
    take: (chunks: AsyncIterable<Uint8Array>, attempt: number) => Promise<T>,
    call: RestoreCall = {},
  ): Promise<T | undefined> {
    return this.#attempt(call, async (attempt) => {
      const response = await this.#open("GET", "/restore", target, call);
      try {
        if (response.statusCode === 404) return undefined;
        await this.#expectSuccess(response, target, call);
        return await take(readChunks(response, this.#idleMs, call.signal), attempt);
      } finally {
        response.destroy();
      }
    });
  }

  /**
   * `POST /restore/activate`.
   * @returns the answer's text, up to 4096 bytes.
   * @throws RestoreError; after a retryable one nobody knows whether the double is still the owner.
   */
  activate(target: RestoreTarget, call: RestoreCall = {}): Promise<string> {
    return this.post(target, "/restore/activate", call);
  }

  /** As {@link activate}, for a further route of the double. */
  post(target: RestoreTarget, path: string, call: RestoreCall = {}): Promise<string> {
    return this.#attempt(call, async () => {
      const response = await this.#open("POST", path, target, call);
      try {
        await this.#expectSuccess(response, target, call);
        return await this.#text(response, call);
      } finally {
        response.destroy();
      }
    });
  }

  /**
   * Opens a connection for a {@link post} to come, which is then as fast as one round trip. The double
   * closes it again after five idle seconds. @throws RestoreError
   */
  async warm(target: RestoreTarget, call: RestoreCall = {}): Promise<void> {
    const response = await this.#open("POST", "/", target, call);
    await this.#text(response, call);
  }

  /** Closes the connections that were kept. */
  close(): void {
    this.#agent.destroy();
  }

  get #idleMs(): number {
    return this.#options.readIdleMs ?? 15_000;
  }

  #open(
    method: "GET" | "POST",
    path: string,
    target: RestoreTarget,
    call: RestoreCall,
  ): Promise<IncomingMessage> {
    const query = new URLSearchParams(call.query).toString();
    return openRequest({
      method,
      path: query === "" ? path : `${path}?${query}`,
      target,
      credentials: this.#options.credentials(),
      connectTimeoutMs: this.#options.connectTimeoutMs ?? 5000,
      readIdleMs: this.#idleMs,
      signal: call.signal,
      agent: method === "POST" ? this.#agent : false,
    });
  }

  async #attempt<T>(call: RestoreCall, run: (attempt: number) => Promise<T>): Promise<T> {
    const attempts = this.#options.attempts ?? 3;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run(attempt);
      } catch (error) {
        const again = error instanceof RestoreError && error.isRetryable && attempt < attempts;
        if (!again || call.signal?.aborted) throw error;
      }
      await pause(this.#options.pauseMs ?? 200);
    }
  }

  async #expectSuccess(
    response: IncomingMessage,
    target: RestoreTarget,
    call: RestoreCall,
  ): Promise<void> {
    const status = response.statusCode ?? 0;
    if (status === 200) return;
    const answer = await this.#text(response, call);
    const where = `${target.host}:${target.port}`;
    if (status === 503) {
      const text = `${where} cannot do that now (503)`;
      throw new RestoreError("RESTORE_BUSY", text, { status, answer });
    }
    const text = `${where} answered with status ${status}`;
    throw new RestoreError("RESTORE_STATUS", text, { status, answer });
  }

  async #text(response: IncomingMessage, call: RestoreCall): Promise<string> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of readChunks(response, this.#idleMs, call.signal)) {
      parts.push(part);
      length += part.length;
      if (length >= MAX_TEXT_BYTES) break;
    }
    return Buffer.concat(parts).toString("utf8", 0, MAX_TEXT_BYTES);
  }
}
