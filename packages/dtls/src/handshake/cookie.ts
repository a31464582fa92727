import { copyBytes } from "../copy-bytes.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { ClientHello } from "./messages/client-hello.ts";

/** Cookies are made and accepted for the slot of the current time and its two neighbours. */
const SLOT_MS = 60_000;
const COOKIE_LENGTH = 24;

/**
 * The stateless cookie of RFC 6347 section 4.2.1: a MAC over the client's address and hello, under a
 * key derived from a secret and a slot of wall time. Nodes that share the secret accept each
 * other's cookies while their clocks differ by less than a slot, and no key outlives three slots.
 */
export class CookieAuthority {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;
  readonly #keys: [slot: number, key: Uint8Array][] = [];

  constructor(crypto: CryptoProvider, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = secret;
  }

  /** A cookie of 24 bytes for this hello from this address. */
  issue(hello: ClientHello, address: string, port: number, wallTime: number): Uint8Array {
    return this.#cookie(Math.floor(wallTime / SLOT_MS), hello, address, port);
  }

  /** Whether `hello` carries a cookie that some node issued lately for this hello and address. */
  accepts(hello: ClientHello, address: string, port: number, wallTime: number): boolean {
    const cookie = hello.cookie;
    if (cookie.length !== COOKIE_LENGTH) return false;
    const current = Math.floor(wallTime / SLOT_MS);
    for (let slot = current - 1; slot <= current + 1; slot += 1) {
      if ((slot & 0xff) !== cookie[0]) continue;
      return this.#crypto.equal(cookie, this.#cookie(slot, hello, address, port));
    }
    return false;
  }

  #cookie(slot: number, hello: ClientHello, address: string, port: number): Uint8Array {
    const mac = this.#crypto.hmac("sha256", this.#key(slot), bound(hello, address, port));
    const cookie = copyBytes(mac.subarray(0, COOKIE_LENGTH));
    // The slot's low byte leads, so that only one of the three keys has to be tried.
    cookie[0] = slot & 0xff;
    return cookie;
  }

  #key(slot: number): Uint8Array {
    for (const [known, key] of this.#keys) if (known === slot) return key;
    const label = latin1(`dtls-cluster cookie ${slot}`);
    const key = this.#crypto.hmac("sha256", this.#secret, label);
    if (this.#keys.length >= 3) this.#keys.shift();
    this.#keys.push([slot, key]);
    return key;
  }
}

/** What a cookie stands for: address, port, version, random, session id, suites, compression. */
function bound(hello: ClientHello, address: string, port: number): Uint8Array {
  // One node may see a peer on a dual-stack socket and another one on an IPv4 socket.
  const peer = latin1(address.startsWith("::ffff:") ? address.slice(7) : address);
  const fields = [
    peer,
    Uint8Array.of(port >> 8, port & 0xff, hello.version >> 8, hello.version & 0xff),
    hello.random,
    hello.sessionId,
    hello.cipherSuites,
    hello.compressionMethods,
  ];
  let length = 0;
  for (const field of fields) length += 2 + field.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const field of fields) {
    bytes[offset] = field.length >> 8;
    bytes[offset + 1] = field.length & 0xff;
    bytes.set(field, offset + 2);
    offset += 2 + field.length;
  }
  return bytes;
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
