import { DelayedDown } from "./delayed-down.ts";

/** One part that the readiness of the whole depends on. */
export interface ReadinessComponent {
  set(ready: boolean): void;
  /** The whole depends on it no more. */
  remove(): void;
}

export interface ReadinessOptions {
  /** Monotonic milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
  /** How long the signal stays up after the first part went down. Default 4000. */
  readonly downDelayMs?: number;
}

/** What the signal is made of. */
export interface ReadinessReport {
  /** The signal, with its delay. */
  readonly isReady: boolean;
  /** Without the delay. */
  readonly isComplete: boolean;
  readonly components: readonly { readonly name: string; readonly isReady: boolean }[];
}

/** Ready when all components are; one that was added and not set yet is not. */
export class Readiness {
  readonly #now: () => number;
  readonly #signal: DelayedDown;
  readonly #components: Map<string, () => boolean> = new Map();

  constructor(options: ReadinessOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#signal = new DelayedDown(options.downDelayMs ?? 4000, false);
  }

  /**
   * @param check asked with each probe; without it, the returned component is set.
   * @throws RangeError when the name is taken.
   */
  add(name: string, check?: () => boolean): ReadinessComponent {
    if (this.#components.has(name)) throw new RangeError(`readiness component ${name} exists`);
    let isReady = false;
    this.#components.set(name, check ?? (() => isReady));
    this.#update();
    return {
      set: (ready) => {
        isReady = ready;
        this.#update();
      },
      remove: () => {
        this.#components.delete(name);
        this.#update();
      },
    };
  }

  get isReady(): boolean {
    return this.#update();
  }

  report(): ReadinessReport {
    const components = [...this.#components].map(([name, check]) => ({ name, isReady: check() }));
    return {
      isReady: this.#update(),
      isComplete: components.length > 0 && components.every((component) => component.isReady),
      components,
    };
  }

  /** Called with each change, too, so that the delay begins with the change and not with a probe. */
  #update(): boolean {
    let isComplete = this.#components.size > 0;
    for (const check of this.#components.values()) isComplete &&= check();
    return this.#signal.update(isComplete, this.#now());
  }
}
