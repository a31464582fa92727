/** How many requests are still to be sent, and how many are under way. */
export class Work {
  #remaining: number;
  #inFlight = 0;
  #isOpen = true;
  #share = Number.POSITIVE_INFINITY;

  /** @param requests of all clients together, undefined for no limit. */
  constructor(requests: number | undefined) {
    this.#remaining = requests ?? Number.POSITIVE_INFINITY;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** True when all is sent and answered, or given up. */
  get isDone(): boolean {
    return this.#inFlight === 0 && (!this.#isOpen || this.#remaining === 0);
  }

  /** From now on no client gets more than its share: the first ones to start would take all of a small number. */
  shareAmong(clients: number): void {
    this.#share = Math.ceil(this.#remaining / Math.max(1, clients));
  }

  /** @param had requests that the client has been given so far. */
  take(had: number): boolean {
    if (!this.#isOpen || this.#remaining === 0 || had >= this.#share) return false;
    this.#remaining -= 1;
    this.#inFlight += 1;
    return true;
  }

  giveBack(): void {
    this.#remaining += 1;
    this.#inFlight -= 1;
  }

  settle(): void {
    this.#inFlight -= 1;
  }

  /** Hands out nothing any more. */
  close(): void {
    this.#isOpen = false;
  }
}
