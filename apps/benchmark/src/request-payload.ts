const CLIENT_DIGITS = 8;
const REQUEST_DIGITS = 10;
const CLIENT_END = CLIENT_DIGITS;
const REQUEST_END = CLIENT_END + 1 + REQUEST_DIGITS;
/** Bytes that the marker takes: `cccccccc:rrrrrrrrrr:`. */
const MARKER_LENGTH = REQUEST_END + 1;
const COLON = 0x3a;
const ZERO = 0x30;
const FILL = 0x2e;

/**
 * The payload of a client's requests: client number, request number (from 1) and dots, all ASCII, so
 * that a server can count how often it executed which request. Shorter than the marker: only dots.
 */
export class RequestPayload {
  readonly bytes: Uint8Array;
  readonly #isMarked: boolean;

  constructor(size: number, client: number) {
    this.bytes = new Uint8Array(size).fill(FILL);
    this.#isMarked = size >= MARKER_LENGTH;
    if (!this.#isMarked) return;
    writeDigits(this.bytes, CLIENT_END, CLIENT_DIGITS, client);
    this.bytes[CLIENT_END] = COLON;
    this.bytes[REQUEST_END] = COLON;
  }

  /** Writes the number of the next request in place. */
  number(request: number): void {
    if (this.#isMarked) writeDigits(this.bytes, REQUEST_END, REQUEST_DIGITS, request);
  }
}

function writeDigits(target: Uint8Array, end: number, digits: number, value: number): void {
  let rest = value;
  for (let index = end - 1; index >= end - digits; index -= 1) {
    const quotient = Math.floor(rest / 10);
    target[index] = ZERO + (rest - quotient * 10);
    rest = quotient;
  }
}
