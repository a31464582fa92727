import type { RecordWriter } from "../protection/record-writer.ts";
import { encodeChangeCipherSpec } from "../record/change-cipher-spec.ts";
import { ContentType } from "../record/content-type.ts";
import {
  type HandshakeMessage,
  handshakeHeaderLength,
  writeHandshakeHeader,
} from "./handshake-header.ts";

/**
 * One step of a flight, kept in plaintext: each transmission writes it into new records with new
 * sequence numbers. ChangeCipherSpec travels in epoch 0, Finished in epoch 1.
 */
export type FlightItem =
  | { readonly kind: "message"; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
  | { readonly kind: "change-cipher-spec" };

/** A rest of a datagram smaller than this is not worth a fragment. */
const MIN_FRAGMENT_LENGTH = 64;
const changeCipherSpec = encodeChangeCipherSpec();
/** The datagram that is being filled; a packer is done before anybody else packs. */
const scratch = new Uint8Array(65_507);

/** Packs records of at most `contentLimit` bytes of content into datagrams of at most `mtu` bytes. */
export class FlightPacker {
  readonly #mtu: number;
  readonly #contentLimit: number;
  readonly #plain: RecordWriter;
  readonly #protected: RecordWriter | undefined;
  readonly #datagrams: Uint8Array[] = [];
  #used = 0;
  /** Records written. */
  records = 0;

  constructor(
    mtu: number,
    contentLimit: number,
    plain: RecordWriter,
    protectedWriter: RecordWriter | undefined,
  ) {
    this.#mtu = mtu;
    this.#contentLimit = contentLimit;
    this.#plain = plain;
    this.#protected = protectedWriter;
  }

  /** Adds a whole flight; false when no more records may be written, then the flight is incomplete. */
  add(items: readonly FlightItem[]): boolean {
    for (const item of items) {
      const isWritten =
        item.kind === "message"
          ? this.#addMessage(item.message, item.epoch === 0 ? this.#plain : this.#protected)
          : this.#addRecord(ContentType.changeCipherSpec, this.#plain, changeCipherSpec);
      if (!isWritten) return false;
    }
    return true;
  }

  /** The datagrams, in order. They belong to the caller. */
  finish(): readonly Uint8Array[] {
    this.#flush();
    return this.#datagrams;
  }

  #addMessage(message: HandshakeMessage, writer: RecordWriter | undefined): boolean {
    if (writer === undefined) return false;
    const { body } = message;
    const capacity = this.#mtu - writer.overhead - handshakeHeaderLength;
    let offset = 0;
    do {
      const left = Math.min(body.length - offset, this.#contentLimit - handshakeHeaderLength);
      let room = capacity - this.#used;
      if (room < left && this.#used > 0 && (left <= capacity || room < MIN_FRAGMENT_LENGTH)) {
        this.#flush();
        room = capacity;
      }
      const length = Math.min(room, left);
      const content = new Uint8Array(handshakeHeaderLength + length);
      writeHandshakeHeader(content, 0, message, offset, length);
      content.set(body.subarray(offset, offset + length), handshakeHeaderLength);
      if (!this.#addRecord(ContentType.handshake, writer, content)) return false;
      offset += length;
    } while (offset < body.length);
    return true;
  }

  #addRecord(type: number, writer: RecordWriter, content: Uint8Array): boolean {
    if (this.#used + writer.overhead + content.length > this.#mtu) this.#flush();
    const end = writer.write(type, content, 0, content.length, scratch, this.#used);
    if (end === 0) return false;
    this.#used = end;
    this.records += 1;
    return true;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#datagrams.push(scratch.slice(0, this.#used));
    this.#used = 0;
  }
}
