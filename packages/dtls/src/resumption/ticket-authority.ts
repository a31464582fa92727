import { DecodeError } from "../codec/decode-error.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { CryptoProvider, Entropy } from "../crypto/provider.ts";
import { decodeSession, encodeSession, type SavedSession } from "./saved-session.ts";

const VERSION = 1;
const SALT_LENGTH = 16;
/** Version, number of the epoch, salt. */
const HEADER_LENGTH = 1 + 4 + SALT_LENGTH;
const TAG_LENGTH = 16;
/** A ClientHello has to fit one datagram, so that it can be answered without state. */
const MAX_TICKET_LENGTH = 880;
/** Each ticket has a key of its own. */
const nonce = new Uint8Array(12);
/** How far the clocks of two nodes may differ. */
const MAX_CLOCK_SKEW_MS = 60_000;

/**
 * Stateless tickets (RFC 5077 section 4), sealed by AES-256-GCM under keys derived from a secret of the whole cluster. An
 * epoch lasts as long as a ticket: what one epoch issued is accepted in the next one and no longer. The key of a ticket
 * comes from the epoch's key and a random salt, so that nodes need not agree about nonces.
 */
export class TicketAuthority {
  readonly #crypto: CryptoProvider;
  readonly #entropy: Entropy;
  readonly #secret: Uint8Array;
  readonly #lifetimeMs: number;
  readonly #keys = new Map<number, Uint8Array>();

  constructor(crypto: CryptoProvider, entropy: Entropy, secret: Uint8Array, lifetimeMs: number) {
    this.#crypto = crypto;
    this.#entropy = entropy;
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Undefined for a session that does not fit, because of its certificates. */
  issue(session: SavedSession, wallTime: number): Uint8Array | undefined {
    const plaintext = encodeSession(session);
    const length = HEADER_LENGTH + plaintext.length + TAG_LENGTH;
    if (length > MAX_TICKET_LENGTH) {
      plaintext.fill(0);
      return undefined;
    }
    const ticket = new Uint8Array(length);
    const epoch = this.#epochAt(wallTime);
    ticket[0] = VERSION;
    new DataView(ticket.buffer).setUint32(1, epoch);
    this.#entropy.fill(ticket.subarray(5, HEADER_LENGTH));
    const header = ticket.slice(0, HEADER_LENGTH);
    const key = this.#ticketKey(epoch, header);
    key.seal(nonce, header, plaintext, 0, plaintext.length, ticket, HEADER_LENGTH);
    key.destroy();
    plaintext.fill(0);
    return ticket;
  }

  /** The session of a ticket that some node with this secret issued, and that still lives. Never throws. */
  open(ticket: Uint8Array, wallTime: number): SavedSession | undefined {
    if (ticket.length < HEADER_LENGTH + TAG_LENGTH || ticket.length > MAX_TICKET_LENGTH) {
      return undefined;
    }
    if (ticket[0] !== VERSION) return undefined;
    const epoch = new DataView(ticket.buffer, ticket.byteOffset).getUint32(1);
    if (Math.abs(epoch - this.#epochAt(wallTime)) > 1) return undefined;
    const header = copyBytes(ticket.subarray(0, HEADER_LENGTH));
    const plaintext = new Uint8Array(ticket.length - HEADER_LENGTH - TAG_LENGTH);
    const key = this.#ticketKey(epoch, header);
    const isOpen = key.open(nonce, header, ticket, HEADER_LENGTH, ticket.length, plaintext, 0);
    key.destroy();
    if (!isOpen) return undefined;
    try {
      const session = decodeSession(plaintext);
      const age = wallTime - session.createdAt;
      return age >= -MAX_CLOCK_SKEW_MS && age < this.#lifetimeMs ? session : undefined;
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    } finally {
      plaintext.fill(0);
    }
  }

  #epochAt(wallTime: number): number {
    return Math.max(0, Math.floor(wallTime / this.#lifetimeMs)) % 2 ** 32;
  }

  #ticketKey(epoch: number, header: Uint8Array): ReturnType<CryptoProvider["aeadKey"]> {
    const salt = header.subarray(5);
    const bytes = this.#crypto.hmac("sha256", this.#epochKey(epoch), salt);
    const key = this.#crypto.aeadKey("aes-256-gcm", bytes);
    bytes.fill(0);
    return key;
  }

  #epochKey(epoch: number): Uint8Array {
    const known = this.#keys.get(epoch);
    if (known !== undefined) return known;
    const label = `dtls-cluster ticket ${this.#lifetimeMs} ${epoch}`;
    const bytes = Uint8Array.from(label, (character) => character.charCodeAt(0));
    const key = this.#crypto.hmac("sha256", this.#secret, bytes);
    // Only the present epoch and its neighbours are ever asked for.
    for (const old of this.#keys.keys()) {
      if (this.#keys.size < 3) break;
      this.#keys.get(old)?.fill(0);
      this.#keys.delete(old);
    }
    this.#keys.set(epoch, key);
    return key;
  }
}
