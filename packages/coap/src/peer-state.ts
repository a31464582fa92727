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
  /** Position in the peer's history: pass it to the next export to get only what came later. */
  readonly mark: number;
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
