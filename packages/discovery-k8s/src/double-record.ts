import type { Pod } from "./pod.ts";

/** Kubelet tells of a restarted container within about a second; longer than that, and it has ended. */
const ENDED_MS = 5000;
/** Addresses of former doubles that are remembered. */
const LIMIT = 64;

/** What is known of the double, and of those before it. */
export class DoubleRecord {
  readonly #clock: () => number;
  readonly #uids = new Map<string, string>();
  #pod: Pod | undefined;
  #state = "";
  #since: number;
  #isKnown = false;

  /** @param clock monotonic milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#since = clock();
  }

  get pod(): Pod | undefined {
    return this.#pod;
  }

  /** Milliseconds for which its state has been the same. */
  get unchangedMs(): number {
    return this.#clock() - this.#since;
  }

  /** The API said what there is. */
  update(pod: Pod | undefined): void {
    const state =
      pod === undefined ? "none" : `${pod.uid} ${pod.isRunning} ${pod.isReady} ${pod.hasEnded}`;
    if (state !== this.#state) this.#since = this.#clock();
    this.#state = state;
    this.#pod = pod;
    this.#isKnown = true;
    for (const address of pod?.addresses ?? []) this.#remember(address, pod?.uid ?? "");
  }

  /**
   * True when the process that had this address as the double's will not come back: its pod is gone, another one
   * has its name, or its container has ended and no other one has started since.
   */
  isGone(address: string): boolean {
    const uid = this.#uids.get(plain(address));
    if (uid === undefined || !this.#isKnown) return false;
    const pod = this.#pod;
    if (pod === undefined || pod.uid !== uid || pod.hasEnded) return true;
    return !pod.isRunning && this.unchangedMs >= ENDED_MS;
  }

  #remember(address: string, uid: string): void {
    this.#uids.delete(address);
    this.#uids.set(address, uid);
    for (const oldest of this.#uids.keys()) {
      if (this.#uids.size <= LIMIT) break;
      this.#uids.delete(oldest);
    }
  }
}

/** Without the prefix that a socket for both families puts before IPv4 addresses. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
