import {
  type CoapEndpoint,
  type CoapMessage,
  type CoapPeer,
  createCoapEndpoint,
  type ServerExchange,
} from "@dtls-cluster/coap";
import type { Entropy, SocketAddress } from "@dtls-cluster/dtls";

/** Peers of plain CoAP that are remembered, for deduplication; the longest silent one is forgotten first. */
const MAX_PLAIN_PEERS = 16_384;

/** CoAP without security: a peer is its address. */
export class PlainCoap {
  readonly coap: CoapEndpoint<SocketAddress>;
  readonly #peers = new Map<string, CoapPeer<SocketAddress>>();

  constructor(
    entropy: Entropy,
    transmit: (message: Uint8Array, to: SocketAddress) => void,
    execute: (
      coap: CoapEndpoint<SocketAddress>,
      exchange: ServerExchange<SocketAddress>,
      request: CoapMessage,
      now: number,
    ) => void,
  ) {
    this.coap = createCoapEndpoint<SocketAddress>(
      { entropy },
      {
        transmit: (peer, message) => transmit(message, peer.transport),
        request: (exchange, request, now) => execute(this.coap, exchange, request, now),
      },
    );
  }

  receive(message: Uint8Array, address: string, port: number, now: number): void {
    this.coap.receive(this.#peerAt(address, port, now), message, now);
  }

  #peerAt(address: string, port: number, now: number): CoapPeer<SocketAddress> {
    const key = `${port} ${address}`;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = this.coap.openPeer({ address, port });
      this.#forgetLongestSilent(now);
    } else {
      this.#peers.delete(key);
    }
    this.#peers.set(key, peer);
    return peer;
  }

  #forgetLongestSilent(now: number): void {
    if (this.#peers.size < MAX_PLAIN_PEERS) return;
    for (const [key, peer] of this.#peers) {
      this.#peers.delete(key);
      this.coap.closePeer(peer, now);
      return;
    }
  }
}
