import type { Deadline } from "@dtls-cluster/deadlines";
import type { Association } from "./association.ts";
import type { RequestBlocks } from "./blockwise/request-blocks.ts";
import type { ServerExchange } from "./exchange.ts";
import type { ObservationRow } from "./observe/observation.ts";

/**
 * The endpoint's side of a {@link ServerExchange}; when the response is separate, also the row of
 * its retransmissions.
 */
export class ServerRow<T> implements ServerExchange<T>, Deadline {
  readonly isClient = false;
  readonly peer: Association<T>;
  readonly messageId: number;
  readonly confirmable: boolean;
  readonly receivedAt: number;
  readonly tokenLength: number;
  /** Bytes 0 to 3 and 4 to 7 of the token as integers: no array to keep. */
  readonly tokenHigh: number;
  readonly tokenLow: number;
  isOpen = true;
  isAccepted = false;
  attachment: unknown = undefined;
  /** A separate response until its ACK comes. */
  message: Uint8Array | undefined = undefined;
  ownMessageId = -1;
  maxRetransmit = 0;
  retransmissions = 0;
  timeoutMs = 0;
  /** The observation that the request began, or that this response notifies of. */
  observation: ObservationRow<T> | undefined = undefined;
  /** What the request said of blocks, and what tells its body apart. */
  blocks: RequestBlocks | undefined = undefined;
  next: ServerRow<T> | undefined = undefined;
  dueAt = 0;
  queueIndex = -1;

  /** @param message the request, or with its token a message that stands for it. */
  constructor(
    peer: Association<T>,
    messageId: number,
    confirmable: boolean,
    message: Uint8Array,
    now: number,
  ) {
    this.peer = peer;
    this.messageId = messageId;
    this.confirmable = confirmable;
    this.receivedAt = now;
    const length = (message[0] as number) & 15;
    this.tokenLength = length;
    this.tokenHigh = tokenBytes(message, 4, length);
    this.tokenLow = length > 4 ? tokenBytes(message, 8, length - 4) : 0;
  }

  hasTokenOf(message: Uint8Array): boolean {
    const length = (message[0] as number) & 15;
    return (
      length === this.tokenLength &&
      tokenBytes(message, 4, length) === this.tokenHigh &&
      (length <= 4 || tokenBytes(message, 8, length - 4) === this.tokenLow)
    );
  }

  /** Writes the token behind the header. */
  writeToken(target: Uint8Array): void {
    for (let index = 0; index < this.tokenLength; index += 1) {
      const word = index < 4 ? this.tokenHigh : this.tokenLow;
      target[4 + index] = word >> (24 - 8 * (index & 3));
    }
  }
}

function tokenBytes(bytes: Uint8Array, at: number, length: number): number {
  let word = 0;
  const end = Math.min(length, 4);
  for (let index = 0; index < end; index += 1) {
    word |= (bytes[at + index] as number) << (24 - 8 * index);
  }
  return word;
}
