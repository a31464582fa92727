import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HTTP_PORT } from "../net/addresses.ts";
import type { Lab, Pod } from "../net/lab.ts";

const PROBE = fileURLToPath(new URL("./readiness-probe.ts", import.meta.url));

/**
 * What kubelet, endpoint controller and kube-proxy do together: ready pods are endpoints of the
 * service. It may forget the tracked connections to endpoints that are no more, or leave them.
 */
export class ServiceController {
  readonly #lab: Lab;
  readonly #forgets: boolean;
  readonly #probe: ChildProcess;
  readonly #pods = new Map<string, Pod>();
  readonly #ready = new Set<Pod>();
  readonly #listeners = new Set<() => void>();
  #work: Promise<void> = Promise.resolve();
  #forgotten = 0;

  /** @param forgets tracked connections end when their endpoint does (kube-proxy since 1.32). */
  constructor(lab: Lab, forgets: boolean, onError: (error: unknown) => void) {
    this.#lab = lab;
    this.#forgets = forgets;
    this.#probe = lab.router.spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", PROBE],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    this.#probe.stdin?.on("error", onError);
    if (this.#probe.stdout !== null) {
      createInterface({ input: this.#probe.stdout }).on("line", (text) => {
        const { address, isReady } = JSON.parse(text) as { address: string; isReady: boolean };
        this.#work = this.#work.then(() => this.#set(address, isReady)).catch(onError);
      });
    }
  }

  /** Tracked connections that were made to forget their endpoint. */
  get forgotten(): number {
    return this.#forgotten;
  }

  watch(pod: Pod): void {
    const address = `${pod.address}:${HTTP_PORT}`;
    this.#pods.set(address, pod);
    this.#probe.stdin?.write(`add ${address}\n`);
  }

  /** A pod is about to be deleted: it is no endpoint any more, and no connection may stay with it. */
  async remove(pod: Pod): Promise<void> {
    const address = `${pod.address}:${HTTP_PORT}`;
    this.#probe.stdin?.write(`remove ${address}\n`);
    this.#work = this.#work.then(async () => {
      this.#pods.delete(address);
      if (this.#ready.delete(pod)) await this.#lab.service.setEndpoints([...this.#ready]);
      this.#forgotten += await this.#lab.service.forgetConnections(pod);
    });
    await this.#work;
  }

  /** Waits until exactly these pods are endpoints. */
  async settled(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    const isSettled = (): boolean =>
      this.#ready.size === pods.length && pods.every((pod) => this.#ready.has(pod));
    while (!isSettled()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener("abort", done);
          this.#listeners.delete(done);
          resolve();
        };
        this.#listeners.add(done);
        signal.addEventListener("abort", done);
      });
    }
  }

  close(): void {
    this.#probe.kill("SIGTERM");
  }

  async #set(address: string, isReady: boolean): Promise<void> {
    const pod = this.#pods.get(address);
    if (pod === undefined || this.#ready.has(pod) === isReady) return;
    if (isReady) this.#ready.add(pod);
    else this.#ready.delete(pod);
    await this.#lab.service.setEndpoints([...this.#ready]);
    if (!isReady && this.#forgets) {
      this.#forgotten += await this.#lab.service.forgetConnections(pod);
    }
    for (const listener of [...this.#listeners]) listener();
  }
}
