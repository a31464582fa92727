/**
 * What another process needs to go on with the CoAP exchanges of a peer: the contract with the
 * serializer. Times are ages, so no clock is shared. Byte strings are owned by the object.
 */
export interface CoapPeerState {
  /** The next message id to send, -1 when none was sent yet. */
  readonly nextMessageId: number;
  /** Messages of the peer that must not be executed again, oldest first. */
  readonly duplicates: readonly DuplicateState[];
  /** Separate responses that the peer has not acknowledged yet, as complete messages. */
  readonly unacknowledged: readonly Uint8Array[];
  /** Observations of the peer (RFC 7641). Absent: none. */
  readonly observations?: readonly ObservationState[];
  /** Bodies that come or go in blocks (RFC 7959). Absent: none. */
  readonly bodies?: readonly BodyState[];
  /** Position in the peer's history: pass it to the next export to get only what came later. */
  readonly mark: number;
}

/** A body of which the peer sends or fetches blocks. */
export interface BodyState {
  /** "upload": a request of the peer, as far as it came. "download": the complete answer that the peer fetches. */
  readonly kind: "upload" | "download";
  /** Tells the peer's bodies apart: two bytes, big endian, for the method, each option number, length and value byte. */
  readonly key: Uint8Array;
  /** Of a download: code and encoded options of the answer; else 0 and empty. */
  readonly code: number;
  readonly options: Uint8Array;
  readonly bytes: Uint8Array;
  /** Milliseconds since the last block. */
  readonly ageMs: number;
}

/** One observation of the peer. */
export interface ObservationState {
  /** The complete request that began it. */
  readonly request: Uint8Array;
  /** Value of the last Observe option, 0 to 2^24 - 1. */
  readonly sequence: number;
  /** Message id of the last non-confirmable notification, -1 for none. */
  readonly lastMessageId: number;
}

/**
 * What a repeated message gets.
 * 0 "answered": the answer again. 1 "acknowledged": an empty ACK again, the response is separate.
 * 2 "unanswered": nothing, the answer was not ready. 3 "non-confirmable": nothing.
 */
export type DuplicateKind = 0 | 1 | 2 | 3;

/** One remembered message of the peer. */
export interface DuplicateState {
  readonly messageId: number;
  readonly kind: DuplicateKind;
  /** Milliseconds since it was answered (kinds 0 and 1) or received. */
  readonly ageMs: number;
  /** Kind 0: the complete answer. Else 4 bytes of header and the token of the message. */
  readonly answer: Uint8Array;
}
