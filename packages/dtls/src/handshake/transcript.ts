import { encodeHandshakeMessage, type HandshakeMessage } from "./handshake-header.ts";

/**
 * The handshake messages so far in the form that their hashes need (RFC 6347 section 4.2.6): each with
 * the header of an unfragmented message. HelloVerifyRequest and the hello before it do not belong here.
 */
export class Transcript {
  readonly #messages: Uint8Array[] = [];
  #length = 0;

  add(message: HandshakeMessage): void {
    const bytes = encodeHandshakeMessage(message);
    this.#messages.push(bytes);
    this.#length += bytes.length;
  }

  /** All messages in one piece. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const message of this.#messages) {
      all.set(message, at);
      at += message.length;
    }
    return all;
  }
}
