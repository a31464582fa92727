const HALF = 1 << 23;
const STALE_MS = 128_000;

/** Tells new notifications of one observation from those that were overtaken (RFC 7641 section 3.4). */
export class NotificationOrder {
  #sequence: number;
  #receivedAt: number;

  /** @param sequence value of the Observe option of the first response. */
  constructor(sequence: number, now: number) {
    this.#sequence = sequence;
    this.#receivedAt = now;
  }

  /** True when a notification is newer than all before; it is the newest from then on. */
  accept(sequence: number, now: number): boolean {
    const ahead = (sequence - this.#sequence) & 0xffffff;
    const isNewer = (ahead > 0 && ahead < HALF) || now > this.#receivedAt + STALE_MS;
    if (!isNewer) return false;
    this.#sequence = sequence;
    this.#receivedAt = now;
    return true;
  }
}
