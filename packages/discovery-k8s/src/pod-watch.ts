import { setTimeout as pause } from "node:timers/promises";
import type { V1PodList } from "@kubernetes/client-node";
import { statusError } from "./answer.ts";
import type { ApiClient } from "./api-client.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import { KubernetesError } from "./errors.ts";
import { type Pod, parsePod } from "./pod.ts";

export interface PodWatchOptions {
  /** `labelSelector` or `fieldSelector`, and its text. */
  readonly query: Readonly<Record<string, string>>;
  /** All pods that match, after each change. */
  readonly changed: (pods: readonly Pod[]) => void;
  /** Told once for each kind of trouble; undefined when it is over. What is known stays known. */
  readonly trouble: (error: KubernetesError | undefined) => void;
  readonly backoff?: Partial<BackoffOptions>;
  /** How often pods are listed where they may not be watched. Default 5000. */
  readonly pollMs?: number;
  /** How long one watch lasts. Default 60 000. */
  readonly watchMs?: number;
  /** How much longer the API may stay silent than that. Default 15 000. */
  readonly slackMs?: number;
}

interface WatchEvent {
  readonly type?: string;
  readonly object?: {
    readonly metadata?: { readonly resourceVersion?: string; readonly uid?: string };
    readonly code?: number;
    readonly message?: string;
  };
}

/** Lists between attempts to watch where watching was refused: 1, 2, 4, and so on to this. */
const MAX_POLLS = 16;

/**
 * Follows the pods that match a selector: one list, then a watch from where the list ended, again and again. Whatever
 * the API does, the pods known last stay known.
 */
export class PodWatch {
  readonly #api: ApiClient;
  readonly #options: PodWatchOptions;
  readonly #backoff: Backoff;
  readonly #end = new AbortController();
  readonly #pods = new Map<string, Pod>();
  #version: string | undefined;
  #lastTrouble: string | undefined;
  #hasFailed = false;
  #isWatchRefused = false;
  #polls = 0;
  #nextPolls = 1;
  #resolveListed: () => void = () => {};
  /** Settles when the pods were listed for the first time. */
  readonly listed: Promise<void> = new Promise((resolve) => {
    this.#resolveListed = resolve;
  });

  constructor(api: ApiClient, options: PodWatchOptions) {
    this.#api = api;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    void this.#run();
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  close(): void {
    this.#end.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        if (this.#polls > 0) await this.#poll();
        else await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  async #list(): Promise<void> {
    const path = this.#path({});
    const list = (await this.#api.get(path, this.#end.signal)) as Partial<V1PodList>;
    if (list.kind !== "PodList" || !Array.isArray(list.items)) {
      throw new KubernetesError(
        "KUBERNETES_ANSWER",
        `the Kubernetes API does not answer with a list of pods: is KUBECTL_HOST right?`,
      );
    }
    this.#pods.clear();
    for (const item of list.items) this.#add(parsePod(item));
    this.#version = list.metadata?.resourceVersion ?? "";
    this.#resolveListed();
    this.#backoff.reset();
    this.#well();
    this.#options.changed(this.pods);
  }

  /** A watch that lasted, or told something, was a success, however it ended. */
  async #watch(): Promise<void> {
    const { watchMs = 60_000, slackMs = 15_000 } = this.#options;
    const path = this.#path({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: String(Math.ceil(watchMs / 1000)),
    });
    const begun = performance.now();
    let events = 0;
    const opened = (): void => {
      this.#isWatchRefused = false;
      this.#nextPolls = 1;
      this.#well();
    };
    for await (const event of this.#api.watch(path, watchMs + slackMs, opened, this.#end.signal)) {
      this.#apply(event as WatchEvent, path);
      events += 1;
      this.#backoff.reset();
    }
    if (events > 0 || performance.now() - begun >= watchMs / 2) this.#backoff.reset();
    else await this.#pause(this.#backoff.next());
  }

  #apply({ type, object }: WatchEvent, path: string): void {
    if (type === "ERROR") {
      const { namespace } = this.#api.settings;
      throw statusError(object?.code ?? 500, object?.message ?? "", path, namespace);
    }
    this.#version = object?.metadata?.resourceVersion ?? this.#version;
    if (type === "ADDED" || type === "MODIFIED") this.#add(parsePod(object));
    else if (type !== "DELETED" || !this.#pods.delete(object?.metadata?.uid ?? "")) return;
    this.#options.changed(this.pods);
  }

  #add(pod: Pod | undefined): void {
    if (pod === undefined) return;
    // One pod of a name at a time, whatever order the news of them came in.
    for (const [uid, { name }] of this.#pods) if (name === pod.name) this.#pods.delete(uid);
    this.#pods.set(pod.uid, pod);
  }

  /** Where watching is refused, listing must do. Now and then it asks again whether it may watch. */
  async #poll(): Promise<void> {
    const { pollMs = 5000 } = this.#options;
    this.#polls -= 1;
    await this.#pause(pollMs / 2 + (Math.random() * pollMs) / 2);
    await this.#list();
  }

  async #recover(error: unknown): Promise<void> {
    const known =
      error instanceof KubernetesError
        ? error
        : new KubernetesError("KUBERNETES_ANSWER", "the Kubernetes API answers nonsense", {
            cause: error,
          });
    const wasWatching = this.#version !== undefined && this.#polls === 0;
    if (known.code === "KUBERNETES_EXPIRED" && wasWatching) {
      // As it should be after a long silence: begin anew, once at once.
      this.#version = undefined;
      await this.#pause(Math.random() * 200);
      return;
    }
    // Connections break; only an API that does not answer afterwards is worth a word.
    const isFirst = !this.#hasFailed;
    this.#hasFailed = true;
    if (known.code !== "KUBERNETES_UNREACHABLE" || !isFirst) this.#tell(known);
    if (known.code === "KUBERNETES_FORBIDDEN" && wasWatching) {
      this.#isWatchRefused = true;
      this.#polls = this.#nextPolls;
      this.#nextPolls = Math.min(MAX_POLLS, 2 * this.#nextPolls);
      return;
    }
    // A watch that broke goes on from where it was; what it may have missed comes with that.
    if (known.code === "KUBERNETES_ANSWER") this.#version = undefined;
    await this.#pause(this.#backoff.next(known.retryAfterMs));
  }

  #tell(error: KubernetesError): void {
    if (this.#lastTrouble === error.code) return;
    this.#lastTrouble = error.code;
    this.#options.trouble(error);
  }

  #well(): void {
    this.#hasFailed = false;
    // Listing instead of watching is no recovery from a refused watch.
    if (this.#lastTrouble === undefined || this.#isWatchRefused) return;
    this.#lastTrouble = undefined;
    this.#options.trouble(undefined);
  }

  async #pause(ms: number): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.#end.signal, ref: false });
    } catch {
      // The end; the loop sees it.
    }
  }

  #path(parameters: Readonly<Record<string, string>>): string {
    const query = new URLSearchParams({ ...this.#options.query, ...parameters });
    return `${this.#api.podsPath()}?${query}`;
  }
}
