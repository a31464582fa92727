import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { isIP } from "node:net";
import { answerError, connectionError } from "./answer.ts";
import { KubernetesError } from "./errors.ts";
import { readLines } from "./lines.ts";
import type { ApiSettings } from "./settings.ts";

export interface ApiTimeouts {
  /** Until the answer begins. Default 10 000. */
  readonly answerMs: number;
  /** The longest silence within an answer. Default 10 000. */
  readonly silenceMs: number;
}

const DEFAULT_TIMEOUTS: ApiTimeouts = { answerMs: 10_000, silenceMs: 10_000 };
/** Answers beyond are given up: ten thousand pods need about 50 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Reads the Kubernetes API. The token and the authorities are read from their files for each request, because
 * Kubernetes replaces them while a pod runs.
 */
export class ApiClient {
  readonly settings: ApiSettings;
  readonly #timeouts: ApiTimeouts;
  #agent: Agent | undefined;
  #trust: string | undefined;

  constructor(settings: ApiSettings, timeouts: Partial<ApiTimeouts> = {}) {
    this.settings = settings;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
  }

  /** Path of the pods of the namespace, or of one of them. */
  podsPath(name?: string): string {
    const pods = `/api/v1/namespaces/${encodeURIComponent(this.settings.namespace)}/pods`;
    return name === undefined ? pods : `${pods}/${encodeURIComponent(name)}`;
  }

  /** The object at a path. @throws KubernetesError */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#open(path, signal);
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of this.#body(path, answer, this.#timeouts.silenceMs)) {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) {
        answer.destroy();
        throw this.#wrongAnswer(path, "is too long");
      }
      parts.push(part);
    }
    return this.#parse(path, Buffer.concat(parts).toString("utf8"));
  }

  /**
   * The events at a path, one a line, until the API ends the answer.
   * @param opened called when the API agreed to tell them
   * @throws KubernetesError
   */
  async *watch(
    path: string,
    silenceMs: number,
    opened: () => void,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const answer = await this.#open(path, signal);
    opened();
    try {
      for await (const line of readLines(this.#body(path, answer, silenceMs))) {
        if (line === undefined) throw this.#wrongAnswer(path, "has a line that is too long");
        yield this.#parse(path, line);
      }
    } finally {
      answer.destroy();
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { host, port } = this.settings;
    const token = await this.#token();
    const agent = await this.#currentAgent();
    const headers: Record<string, string> = { accept: "application/json" };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const deadline = setTimeout(
        () => open.destroy(new Error(`no answer within ${this.#timeouts.answerMs} ms`)),
        this.#timeouts.answerMs,
      );
      const open = request({ host, port, path, agent, headers, signal }, resolve);
      open.on("error", reject);
      open.on("close", () => clearTimeout(deadline));
      open.on("response", () => clearTimeout(deadline));
      open.end();
    }).catch((error: unknown) => {
      throw connectionError(`${host}:${port}`, error);
    });
    if (answer.statusCode === 200) return answer;
    const error = await answerError(answer, path, this.settings.namespace);
    answer.destroy();
    throw error;
  }

  /** @throws KubernetesError when the answer is cut off or falls silent */
  async *#body(path: string, answer: IncomingMessage, silenceMs: number): AsyncGenerator<Buffer> {
    answer.setTimeout(silenceMs, () => answer.destroy(new Error(`silent for ${silenceMs} ms`)));
    try {
      for await (const part of answer) yield part as Buffer;
    } catch (error) {
      throw connectionError(`${this.settings.host}:${this.settings.port}`, error);
    }
    if (!answer.complete) throw this.#wrongAnswer(path, "was cut off");
  }

  #parse(path: string, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.#wrongAnswer(path, "is no JSON");
    }
  }

  #wrongAnswer(path: string, what: string): KubernetesError {
    const { host, port } = this.settings;
    return new KubernetesError(
      "KUBERNETES_ANSWER",
      `the answer of ${host}:${port} to ${path.split("?", 1)[0]} ${what}: is KUBECTL_HOST the Kubernetes API?`,
    );
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.settings;
    if (token === undefined || "text" in token) return token?.text;
    try {
      return (await readFile(token.file, "utf8")).split(/\r?\n/, 1)[0]?.trim();
    } catch (cause) {
      throw new KubernetesError("KUBERNETES_TOKEN", `the token ${token.file} cannot be read`, {
        cause,
      });
    }
  }

  /** A new one when the authorities changed: connections that the old ones let through are closed. */
  async #currentAgent(): Promise<Agent> {
    const { trustFile, host } = this.settings;
    let trust: string | undefined;
    try {
      trust = trustFile === undefined ? undefined : await readFile(trustFile, "utf8");
    } catch {
      // While the files are being replaced; what was read last still holds.
      trust = this.#trust;
    }
    if (this.#agent !== undefined && trust === this.#trust) return this.#agent;
    this.#trust = trust;
    this.#agent?.destroy();
    this.#agent = new Agent({
      keepAlive: true,
      minVersion: "TLSv1.2",
      ...(trust === undefined ? {} : { ca: trust }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    return this.#agent;
  }
}
