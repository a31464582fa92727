import type { HandshakeFragment, HandshakeMessage } from "./handshake-header.ts";

/** Messages ahead of the expected one that are held; a flight of RFC 5246 has at most six. */
const MAX_MESSAGES_AHEAD = 8;
/** Gaps tolerated in one message, so that scattered single bytes cannot cost more than they carry. */
const MAX_RANGES = 32;

/** What became of a fragment. "old" is the repetition of a message that was taken already. */
export type FragmentOutcome = "taken" | "old" | "refused";

interface PartialMessage {
  readonly type: number;
  readonly messageSequence: number;
  readonly body: Uint8Array;
  /** Received ranges [start, end), sorted, neither overlapping nor touching. */
  ranges: [start: number, end: number][];
}

/**
 * Puts handshake messages together from fragments in any order, with repetitions and overlaps (RFC 6347
 * section 4.2.3), and hands them out in the order of their sequence numbers. Messages are told apart by
 * `message_seq`; fragments that disagree about a message's type or length are refused.
 */
export class Reassembler {
  readonly #maxMessageLength: number;
  readonly #maxBytes: number;
  readonly #partial: PartialMessage[] = [];
  #bytes = 0;
  /** The sequence number of the message that {@link next} hands out next. */
  expected: number;

  constructor(expected: number, maxMessageLength: number, maxBytes: number) {
    this.expected = expected;
    this.#maxMessageLength = maxMessageLength;
    this.#maxBytes = maxBytes;
  }

  /** Takes one fragment; copies what it keeps. */
  accept(fragment: HandshakeFragment): FragmentOutcome {
    const ahead = fragment.messageSequence - this.expected;
    if (ahead < 0) return "old";
    if (ahead >= MAX_MESSAGES_AHEAD) return "refused";
    let message = this.#find(fragment.messageSequence);
    if (message === undefined) {
      if (fragment.length > this.#maxMessageLength) return "refused";
      if (this.#bytes + fragment.length > this.#maxBytes) return "refused";
      message = {
        type: fragment.type,
        messageSequence: fragment.messageSequence,
        body: new Uint8Array(fragment.length),
        ranges: [],
      };
      this.#partial.push(message);
      this.#bytes += fragment.length;
    } else if (message.type !== fragment.type || message.body.length !== fragment.length) {
      // A whole message wins over pieces that contradict it: forged pieces must not block it for ever.
      if (fragment.body.length !== fragment.length) return "refused";
      this.#discard(message);
      return this.accept(fragment);
    }
    const end = fragment.offset + fragment.body.length;
    const ranges = withRange(message.ranges, fragment.offset, end);
    if (ranges.length > MAX_RANGES) return "refused";
    message.ranges = ranges;
    message.body.set(fragment.body, fragment.offset);
    return "taken";
  }

  /** The expected message once it is complete; the one after it is expected from then on. */
  next(): HandshakeMessage | undefined {
    const message = this.#find(this.expected);
    if (message === undefined || !isComplete(message)) return undefined;
    this.#discard(message);
    this.expected += 1;
    return message;
  }

  #discard(message: PartialMessage): void {
    this.#partial.splice(this.#partial.indexOf(message), 1);
    this.#bytes -= message.body.length;
  }

  #find(messageSequence: number): PartialMessage | undefined {
    return this.#partial.find((message) => message.messageSequence === messageSequence);
  }
}

function isComplete({ ranges, body }: PartialMessage): boolean {
  const first = ranges[0];
  return first !== undefined && first[0] === 0 && first[1] === body.length;
}

function withRange(
  ranges: readonly [number, number][],
  start: number,
  end: number,
): [start: number, end: number][] {
  const merged: [number, number][] = [];
  let [from, to] = [start, end];
  for (const range of ranges) {
    if (range[1] < from || range[0] > to) {
      merged.push(range);
    } else {
      from = Math.min(from, range[0]);
      to = Math.max(to, range[1]);
    }
  }
  merged.push([from, to]);
  return merged.sort((a, b) => a[0] - b[0]);
}
