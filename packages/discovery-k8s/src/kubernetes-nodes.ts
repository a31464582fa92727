import type { Discovery } from "@dtls-cluster/nodes";
import { ApiClient, type ApiTimeouts } from "./api-client.ts";
import type { BackoffOptions } from "./backoff.ts";
import { type Beginning, beginning, doubleName } from "./double.ts";
import { DoubleRecord } from "./double-record.ts";
import type { KubernetesError } from "./errors.ts";
import { type GroupOptions, groupSelector, sameValue } from "./group.ts";
import { initialNodesOf, readOwnPod } from "./own-pod.ts";
import { isGiver, type Pod } from "./pod.ts";
import { PodWatch, type PodWatchOptions } from "./pod-watch.ts";
import { type ApiOptions, readApiSettings } from "./settings.ts";

export interface KubernetesNodesOptions extends ApiOptions, GroupOptions {
  /** Name of the pod of this process, usually its host name. */
  readonly pod: string;
  /** The cluster port of all nodes. */
  readonly clusterPort: number;
  /** Of a pod without colour: its double has the same value of this label, and `restore=true`. */
  readonly restoreSelectorLabel?: string | undefined;
  /** Trouble with the API, each once; undefined: it is over. */
  readonly trouble?: (error: KubernetesError | undefined) => void;
  readonly timeouts?: Partial<ApiTimeouts>;
  readonly backoff?: Partial<BackoffOptions>;
  readonly watch?: Pick<PodWatchOptions, "pollMs" | "watchMs" | "slackMs">;
  /** Ends {@link KubernetesNodes.open} early. */
  readonly signal?: AbortSignal;
  readonly ownPod?: { readonly refusedMs?: number; readonly silentMs?: number };
}

/** The nodes of a cluster, and the double of this one, as the Kubernetes API knows them. */
export class KubernetesNodes implements Discovery {
  /** The pod of this process, as it was at the start. */
  readonly own: Pod;
  readonly #api: ApiClient;
  readonly #port: number;
  readonly #double = new DoubleRecord(() => performance.now());
  readonly #watches: PodWatch[] = [];
  readonly #trouble: (error: KubernetesError | undefined) => void;
  /** What each watch suffers from. */
  readonly #troubles = new Map<string, string>();
  #group: readonly Pod[] = [];
  #groupChanged: () => void = () => {};
  #doubleChanged: () => void = () => {};

  /**
   * Finds the own pod and begins to follow the others.
   * @throws KubernetesError for a setting, a refusal that lasts, or an API that does not answer for a minute
   */
  static async open(options: KubernetesNodesOptions): Promise<KubernetesNodes> {
    const api = new ApiClient(readApiSettings(options), options.timeouts);
    const { trouble = () => {}, backoff = {} } = options;
    const signal = options.signal ?? new AbortController().signal;
    try {
      const reading = { ...options.ownPod, backoff, trouble, signal };
      const own = await readOwnPod(api, options.pod, reading);
      return new KubernetesNodes(api, own, options);
    } catch (error) {
      api.close();
      throw error;
    }
  }

  private constructor(api: ApiClient, own: Pod, options: KubernetesNodesOptions) {
    this.own = own;
    this.#api = api;
    this.#port = options.clusterPort;
    this.#trouble = options.trouble ?? (() => {});
    const group = groupSelector(own, options);
    const double = doubleQuery(own, options.restoreSelectorLabel || undefined);
    this.#follow({ labelSelector: group }, options, (pods) => {
      this.#group = pods;
      this.#groupChanged();
    });
    if (double === undefined) {
      this.#double.update(undefined);
      return;
    }
    this.#follow(double.query, options, (pods) => {
      this.#double.update(double.choose(pods.filter(({ name }) => name !== own.name)));
      this.#doubleChanged();
    });
  }

  /** Nodes that the cluster begins with. @throws KubernetesError when the own pod's label does not say */
  get initialNodes(): number {
    return initialNodesOf(this.own);
  }

  get double(): Pod | undefined {
    return this.#double.pod;
  }

  /** Called when a pod of the group came, changed or went. */
  onGroupChange(changed: () => void): void {
    this.#groupChanged = changed;
  }

  /** Settles when the API has said which pods there are. */
  async ready(): Promise<void> {
    await Promise.all(this.#watches.map(({ listed }) => listed));
  }

  /** Cluster addresses of the pods of the group as they are known now; never asks, so never rejects. */
  async discover(): ReturnType<Discovery["discover"]> {
    return this.#group
      .filter(({ name, hasEnded }) => name !== this.own.name && !hasEnded)
      .flatMap(({ addresses }) => addresses.slice(0, 1))
      .map((address) => ({ address, port: this.#port }));
  }

  /** How the process may begin now. */
  beginning(): Beginning {
    return beginning(this.own, this.#double.pod, this.#double.unchangedMs);
  }

  /**
   * Waits until the process may begin.
   * @param waiting told each new reason
   * @throws the signal's reason
   */
  async begin(
    waiting: (reason: string) => void,
    signal: AbortSignal,
  ): Promise<Exclude<Beginning, { readonly type: "wait" }>> {
    await abortable(this.ready(), signal);
    let last = "";
    for (;;) {
      const now = this.beginning();
      if (now.type !== "wait") return now;
      if (now.reason !== last) waiting(now.reason);
      last = now.reason;
      await abortable(this.#doubleNews(), signal);
    }
  }

  /** True when the process that had this address as the double's has ended for good, by what the API says. */
  isGone(address: string): boolean {
    return this.#double.isGone(address);
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#api.close();
  }

  /** A change, or a second. */
  #doubleNews(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.#doubleChanged = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Both watches suffer from the same API: one line is enough. */
  #tell(watch: string, error: KubernetesError | undefined): void {
    if (error === undefined) {
      this.#troubles.delete(watch);
      if (this.#troubles.size === 0) this.#trouble(undefined);
      return;
    }
    const isKnown = [...this.#troubles.values()].includes(error.code);
    this.#troubles.set(watch, error.code);
    if (!isKnown) this.#trouble(error);
  }

  #follow(
    query: Readonly<Record<string, string>>,
    { backoff, watch }: KubernetesNodesOptions,
    changed: (pods: readonly Pod[]) => void,
  ): void {
    const rest = { ...watch, ...(backoff === undefined ? {} : { backoff }) };
    const trouble = (error: KubernetesError | undefined): void =>
      this.#tell(JSON.stringify(query), error);
    this.#watches.push(new PodWatch(this.#api, { ...rest, query, changed, trouble }));
  }
}

interface DoubleQuery {
  readonly query: Readonly<Record<string, string>>;
  readonly choose: (pods: readonly Pod[]) => Pod | undefined;
}

function doubleQuery(own: Pod, label: string | undefined): DoubleQuery | undefined {
  const name = doubleName(own.name);
  if (name !== undefined) {
    return {
      query: { fieldSelector: `metadata.name=${name}` },
      choose: (pods) => pods.find((pod) => pod.name === name),
    };
  }
  if (label === undefined) return undefined;
  return {
    query: { labelSelector: sameValue(own, label, "KUBECTL_RESTORE_SELECTOR_LABEL") },
    choose: (pods) => {
      const givers = pods.filter((pod) => isGiver(pod) && !pod.hasEnded);
      return givers.length === 1 ? givers[0] : undefined;
    },
  };
}

function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    void promise.then(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
  });
}
