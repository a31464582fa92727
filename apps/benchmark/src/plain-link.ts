import type { Link, LinkOwner } from "./link.ts";

/** CoAP over bare UDP: always up. */
export class PlainLink implements Link {
  readonly hasHandshake = false;
  readonly hasServerConnectionId = false;
  readonly #owner: LinkOwner;

  constructor(owner: LinkOwner) {
    this.#owner = owner;
  }

  connect(now: number): void {
    this.#owner.linkUp(now);
  }

  send(message: Uint8Array): boolean {
    // The socket may keep the datagram in a queue, the message lives only during the call.
    this.#owner.transmit(new Uint8Array(message), false);
    return true;
  }

  receive(datagram: Uint8Array, now: number): void {
    this.#owner.message(datagram, now);
  }

  close(): void {}
}
