import { OptionNumber } from "./option.ts";

const KNOWN = 1;
const REPEATABLE = 2;

/**
 * One pass over the options of a received message: format errors, critical options that are not
 * understood, and where the payload starts. Reads no value and allocates nothing.
 */
export class OptionScanner {
  /** Number of the first critical option that must be refused, 0 for none. Set by each scan. */
  badOption = 0;
  readonly #flags = new Uint8Array(65_536 >> 8);
  readonly #maxLengths = new Uint16Array(65_536 >> 8).fill(0xffff);
  readonly #large = new Set<number>();

  /** @param critical critical options that the application handles besides those of every request. */
  constructor(critical: readonly number[] = []) {
    this.#know(OptionNumber.uriHost, KNOWN, 255);
    this.#know(OptionNumber.uriPort, KNOWN, 2);
    this.#know(OptionNumber.uriPath, KNOWN | REPEATABLE, 255);
    this.#know(OptionNumber.uriQuery, KNOWN | REPEATABLE, 255);
    this.#know(OptionNumber.accept, KNOWN, 2);
    for (const number of critical) this.#know(number, KNOWN | REPEATABLE, 0xffff);
  }

  /** @returns where the options end (payload marker or end of message), -1 for a format error. */
  scan(bytes: Uint8Array): number {
    this.badOption = 0;
    const size = bytes.length;
    let at = 4 + ((bytes[0] as number) & 15);
    let number = 0;
    while (at < size) {
      const head = bytes[at] as number;
      if (head === 0xff) return at + 1 < size ? at : -1;
      at += 1;
      let delta = head >> 4;
      let length = head & 15;
      if (delta === 15 || length === 15) return -1;
      if (delta >= 13) {
        const width = delta - 12;
        if (at + width > size) return -1;
        delta = extended(bytes, at, width);
        at += width;
      }
      if (length >= 13) {
        const width = length - 12;
        if (at + width > size) return -1;
        length = extended(bytes, at, width);
        at += width;
      }
      number += delta;
      at += length;
      if (number > 0xffff || at > size) return -1;
      if ((number & 1) === 1 && this.badOption === 0 && !this.#accepts(number, delta, length)) {
        this.badOption = number;
      }
    }
    return size;
  }

  #accepts(number: number, delta: number, length: number): boolean {
    if (number > 255) return this.#large.has(number);
    const flags = this.#flags[number] as number;
    if (length > (this.#maxLengths[number] as number)) return false;
    // A repeated option that may stand only once counts as not understood (section 5.4.5).
    return flags === KNOWN ? delta !== 0 : flags !== 0;
  }

  #know(number: number, flags: number, maxLength: number): void {
    if (number > 255) {
      this.#large.add(number);
      return;
    }
    this.#flags[number] = flags;
    this.#maxLengths[number] = maxLength;
  }
}

function extended(bytes: Uint8Array, at: number, width: number): number {
  return width === 1
    ? 13 + (bytes[at] as number)
    : 269 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
}
