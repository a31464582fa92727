import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { AeadKey } from "../crypto/provider.ts";
import { ContentType } from "../record/content-type.ts";
import {
  maximumSequence,
  recordHeaderLength,
  writeEpochAndSequence,
  writeRecordHeader,
} from "../record/record-header.ts";
import { connectionIdAdditionalData, plainAdditionalData } from "./additional-data.ts";
import { DatagramSlab } from "./datagram-slab.ts";
import { ivMask, ivNumber, maskedNonceFor, nonceFor, nonceLengthInRecord } from "./nonce.ts";
import { checkRoom, type RecordWriter } from "./record-writer.ts";

export interface RecordSealerOptions {
  readonly suite: CipherSuite;
  /** The write key; the sealer owns it from now on. */
  readonly key: AeadKey;
  /** The fixed part of the nonce, 4 or 12 bytes. */
  readonly iv: Uint8Array;
  /** 1 to 65,535. */
  readonly epoch: number;
  /** The peer's Connection ID; undefined or empty for records without one. */
  readonly connectionId: Uint8Array | undefined;
  /** Default 0. */
  readonly nextSequence?: number;
  /** Records that were sealed with this key already. Default 0. */
  readonly sealed?: number;
}

/**
 * Seals the records of one epoch and direction. The variable part of the nonce is epoch and sequence number and nothing
 * else, so a nonce can only repeat if a sequence number does; the sealer hands out each number once and never goes back.
 */
export class RecordSealer implements RecordWriter {
  readonly epoch: number;
  readonly overhead: number;
  readonly #key: AeadKey;
  readonly #iv: number;
  readonly #ivMask: Uint8Array | undefined;
  readonly #connectionId: Uint8Array | undefined;
  readonly #sealLimit: number;
  #nextSequence: number;
  #sealed: number;
  #isSealedForEver = false;

  constructor(options: RecordSealerOptions) {
    const { suite, key, iv, epoch, connectionId } = options;
    this.epoch = epoch;
    this.#key = key;
    this.#iv = ivNumber(iv);
    this.#ivMask = ivMask(iv);
    this.#connectionId = connectionId?.length ? connectionId : undefined;
    this.#sealLimit = suite.sealLimit;
    this.#nextSequence = options.nextSequence ?? 0;
    this.#sealed = options.sealed ?? 0;
    // A record with Connection ID carries it, and the real content type inside.
    const forConnectionId = this.#connectionId ? this.#connectionId.length + 1 : 0;
    const forNonce = nonceLengthInRecord(this.#ivMask);
    this.overhead = recordHeaderLength + forNonce + key.tagLength + forConnectionId;
  }

  /** The sequence number of the next record. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Records sealed with this key. */
  get sealed(): number {
    return this.#sealed;
  }

  /** No sequence number is left, or the key's limit is reached. */
  get isExhausted(): boolean {
    return this.#nextSequence > maximumSequence || this.#sealed >= this.#sealLimit;
  }

  get isSealedForEver(): boolean {
    return this.#isSealedForEver;
  }

  /** From now on nothing can be sealed: somebody else may own the following sequence numbers. Cannot be undone. */
  sealForEver(): void {
    this.#isSealedForEver = true;
  }

  /**
   * Skips all sequence numbers below `sequence`. A lower number than the next one changes nothing.
   * @param sequence up to 2^48; at 2^48 nothing is left to seal with.
   */
  advanceTo(sequence: number): void {
    if (!Number.isSafeInteger(sequence) || sequence > maximumSequence + 1) {
      throw new RangeError(`sequence number ${sequence} is not a whole number up to 2^48`);
    }
    if (sequence > this.#nextSequence) {
      this.#nextSequence = sequence;
    }
  }

  /** Another holder of the key has sealed: `sealed` records in all, if that is more than are known of here. */
  countSealed(sealed: number): void {
    if (sealed > this.#sealed) this.#sealed = sealed;
  }

  write(
    type: number,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): number {
    if (this.#isSealedForEver || this.isExhausted) {
      return 0;
    }
    checkRoom(target, offset + this.overhead + end - start, end - start);
    // Taken before anything can fail: a number is used up even if its record never comes to be.
    const sequence = this.#nextSequence++;
    this.#sealed++;

    const { epoch } = this;
    const key = this.#key;
    const connectionId = this.#connectionId;
    const outerType = connectionId === undefined ? type : ContentType.tls12Cid;
    const innerLength = end - start + (connectionId === undefined ? 0 : 1);
    const mask = this.#ivMask;
    const fragmentLength = nonceLengthInRecord(mask) + innerLength + key.tagLength;
    const nonceAt = writeRecordHeader(
      target,
      offset,
      outerType,
      epoch,
      sequence,
      connectionId,
      fragmentLength,
    );
    if (mask === undefined) writeEpochAndSequence(target, nonceAt, epoch, sequence);

    const body = nonceAt + nonceLengthInRecord(mask);
    const bodyEnd = body + innerLength;
    target.set(start === 0 && end === source.length ? source : source.subarray(start, end), body);
    let additionalData: Uint8Array;
    if (connectionId === undefined) {
      additionalData = plainAdditionalData(type, epoch, sequence, innerLength);
    } else {
      target[bodyEnd - 1] = type;
      additionalData = connectionIdAdditionalData(epoch, sequence, connectionId, innerLength);
    }
    const nonce =
      mask === undefined
        ? nonceFor(this.#iv, target, nonceAt)
        : maskedNonceFor(this.#iv, mask, target, offset);
    key.seal(nonce, additionalData, target, body, bodyEnd, target, body);
    return bodyEnd + key.tagLength;
  }

  /** A datagram of one record, which belongs to the caller; undefined when no more records may be sealed. */
  sealDatagram(type: number, content: Uint8Array): Uint8Array | undefined {
    if (this.#isSealedForEver || this.isExhausted) {
      return undefined;
    }
    const datagram = slab.take(this.overhead + content.length);
    this.write(type, content, 0, content.length, datagram, 0);
    return datagram;
  }

  /** Seals for ever and destroys the key. */
  destroy(): void {
    this.#isSealedForEver = true;
    this.#key.destroy();
  }
}

const slab = new DatagramSlab();
