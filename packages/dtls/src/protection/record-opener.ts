import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { AeadKey } from "../crypto/provider.ts";
import { ContentType } from "../record/content-type.ts";
import type { RecordCursor } from "../record/datagram.ts";
import { innerTypeOffset } from "../record/inner-plaintext.ts";
import { maximumPlaintextLength } from "../record/record-header.ts";
import { connectionIdAdditionalData, plainAdditionalData } from "./additional-data.ts";
import { ivMask, ivNumber, maskedNonceFor, nonceFor, nonceLengthInRecord } from "./nonce.ts";
import { longestPlaintext, type OpenedRecord } from "./opened-record.ts";
import type { ReplayWindow } from "./replay-window.ts";

export interface RecordOpenerOptions {
  readonly suite: CipherSuite;
  /** The read key; the opener owns it from now on. */
  readonly key: AeadKey;
  /** The fixed part of the nonce, 4 or 12 bytes. */
  readonly iv: Uint8Array;
  /** 1 to 65,535. */
  readonly epoch: number;
  /** This side's Connection ID; undefined or empty when records carry none. */
  readonly connectionId: Uint8Array | undefined;
  readonly window: ReplayWindow;
  /** Longest plaintext to open, with an inner content type. Default and maximum: {@link longestPlaintext}. */
  readonly maxPlaintext?: number;
  /** Records that failed authentication under this key already. Default 0. */
  readonly forgeries?: number;
}

/** What became of a protected record. Everything but "opened" is a reason to drop it. */
export type OpenOutcome =
  | "opened"
  | "malformed"
  | "wrong-epoch"
  | "connection-id-missing"
  | "unknown-connection-id"
  | "replayed"
  | "not-authentic"
  | "forgery-limit";

/** Opens the records of one epoch and direction. Never throws for anything that a peer sent. */
export class RecordOpener {
  readonly epoch: number;
  readonly window: ReplayWindow;
  readonly #key: AeadKey;
  readonly #iv: number;
  readonly #ivMask: Uint8Array | undefined;
  readonly #connectionId: Uint8Array | undefined;
  readonly #forgeryLimit: number;
  readonly #maxPlaintext: number;
  #forgeries: number;

  constructor(options: RecordOpenerOptions) {
    this.epoch = options.epoch;
    this.window = options.window;
    this.#key = options.key;
    this.#iv = ivNumber(options.iv);
    this.#ivMask = ivMask(options.iv);
    this.#connectionId = options.connectionId?.length ? options.connectionId : undefined;
    this.#forgeryLimit = options.suite.forgeryLimit;
    this.#maxPlaintext = options.maxPlaintext ?? longestPlaintext;
    this.#forgeries = options.forgeries ?? 0;
  }

  /** Records that failed authentication under this key. */
  get forgeries(): number {
    return this.#forgeries;
  }

  /** From here on every record is refused, because one more forgery could be one too many. */
  get isForgeryLimitReached(): boolean {
    return this.#forgeries >= this.#forgeryLimit;
  }

  /**
   * Opens the cursor's current record into `opened`, which is only meaningful when this returns "opened". The window is
   * checked before any cryptography and moved only by an authentic record (RFC 6347 section 4.1.2.6).
   */
  open(record: RecordCursor, opened: OpenedRecord): OpenOutcome {
    if (record.epoch !== this.epoch) {
      return "wrong-epoch";
    }
    const connectionId = this.#connectionId;
    if (connectionId === undefined) {
      if (record.type === ContentType.tls12Cid) {
        return "unknown-connection-id";
      }
    } else if (record.type !== ContentType.tls12Cid) {
      // RFC 9146 section 3: once a Connection ID is agreed on, a protected record without it is not from the peer.
      return "connection-id-missing";
    } else if (!carries(record, connectionId)) {
      return "unknown-connection-id";
    }
    const { sequence } = record;
    if (!this.window.check(sequence)) {
      return "replayed";
    }
    const { datagram, fragmentOffset } = record;
    const key = this.#key;
    const mask = this.#ivMask;
    const body = fragmentOffset + nonceLengthInRecord(mask);
    const bodyEnd = fragmentOffset + record.fragmentLength;
    const innerLength = bodyEnd - body - key.tagLength;
    // A record that is too long is discarded (RFC 8449 section 4), and costs nothing more.
    if (innerLength < 0 || innerLength > this.#maxPlaintext) {
      return "malformed";
    }
    if (this.isForgeryLimitReached) {
      return "forgery-limit";
    }
    const additionalData =
      connectionId === undefined
        ? plainAdditionalData(record.type, record.epoch, sequence, innerLength)
        : connectionIdAdditionalData(record.epoch, sequence, connectionId, innerLength);
    const nonce =
      mask === undefined
        ? nonceFor(this.#iv, datagram, fragmentOffset)
        : maskedNonceFor(this.#iv, mask, datagram, record.recordOffset);
    if (!key.open(nonce, additionalData, datagram, body, bodyEnd, opened.bytes, 0)) {
      this.#forgeries++;
      return "not-authentic";
    }
    opened.isNewest = sequence > this.window.newest;
    this.window.update(sequence);
    return unwrap(record, opened, innerLength);
  }

  /** Destroys the key. */
  destroy(): void {
    this.#key.destroy();
  }
}

function unwrap(record: RecordCursor, opened: OpenedRecord, innerLength: number): OpenOutcome {
  if (record.type !== ContentType.tls12Cid) {
    opened.type = record.type;
    opened.length = innerLength;
    return innerLength > maximumPlaintextLength ? "malformed" : "opened";
  }
  const end = innerTypeOffset(opened.bytes, 0, innerLength);
  if (end < 0 || end > maximumPlaintextLength) {
    return "malformed";
  }
  const type = opened.bytes[end] ?? 0;
  opened.type = type;
  opened.length = end;
  return type === ContentType.tls12Cid ? "malformed" : "opened";
}

function carries(record: RecordCursor, connectionId: Uint8Array): boolean {
  const { datagram, connectionIdOffset } = record;
  if (record.connectionIdLength !== connectionId.length) {
    return false;
  }
  for (let i = 0; i < connectionId.length; i++) {
    if (datagram[connectionIdOffset + i] !== connectionId[i]) {
      return false;
    }
  }
  return true;
}
