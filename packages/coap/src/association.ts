import type { Deadline } from "@dtls-cluster/deadlines";
import type { Body } from "./blockwise/body.ts";
import type { ClientRow } from "./client-row.ts";
import type { DuplicateLog } from "./duplicate-log.ts";
import type { ObservationRow } from "./observe/observation.ts";
import type { CoapPeer } from "./peer.ts";
import type { ServerRow } from "./server-row.ts";

/** The endpoint's side of a {@link CoapPeer}. As a deadline it is due when its log may be empty. */
export class Association<T> implements CoapPeer<T>, Deadline {
  readonly transport: T;
  isClosed = false;
  mark = 0;
  /** Made for the first message to remember, dropped when all entries are over. */
  duplicates: DuplicateLog | undefined = undefined;
  /** Requests of the peer without an answer: a list linked by `next`. */
  pending: ServerRow<T> | undefined = undefined;
  pendingCount = 0;
  /** Separate responses without an ACK: a list linked by `next`. */
  unacknowledged: ServerRow<T> | undefined = undefined;
  unacknowledgedCount = 0;
  /** Observations of the peer; undefined when there are none. */
  observations: ObservationRow<T>[] | undefined = undefined;
  /** Bodies under way in blocks, oldest first; undefined when there are none. */
  bodies: readonly Body<T>[] | undefined = undefined;
  /** Own requests without a response: a list linked by `next`. */
  exchanges: ClientRow<T> | undefined = undefined;
  exchangeCount = 0;
  /** -1 before the first message. */
  nextMessageId = -1;
  /** When each group of message ids was used last; made when the first group is used up. */
  groupsUsedAt: number[] | undefined = undefined;
  dueAt = 0;
  queueIndex = -1;

  constructor(transport: T) {
    this.transport = transport;
  }
}
