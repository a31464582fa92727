import {
  type CoapEndpoint,
  type CoapPeer,
  createCoapEndpoint,
  type Resources,
} from "@dtls-cluster/coap";
import type { Entropy, SocketAddress } from "@dtls-cluster/dtls";
import type { AddressProof } from "./address-proof.ts";

/** Peers of plain CoAP that are remembered, for deduplication; the longest silent one is forgotten first. */
const MAX_PLAIN_PEERS = 16_384;

/** CoAP without security: a peer is its address, and gets no more than it sent before it is proven. */
export class PlainCoap {
  readonly coap: CoapEndpoint<SocketAddress>;
  readonly #peers = new Map<string, CoapPeer<SocketAddress>>();

  constructor(
    entropy: Entropy,
    transmit: (message: Uint8Array, to: SocketAddress) => void,
    resources: Resources<SocketAddress>,
    proof: AddressProof,
  ) {
    this.coap = createCoapEndpoint<SocketAddress>(
      // A block is an answer that the proof of the address would not see.
      { entropy, blockwise: false },
      {
        transmit: (peer, message) => transmit(message, peer.transport),
        request: (exchange, request, now) => {
          const responder = {
            respond: (
              ...[open, response, at]: Parameters<CoapEndpoint<SocketAddress>["respond"]>
            ) => proof.respond(this.coap, open, request, response, at),
          };
          resources.handle(responder, exchange, request, now);
        },
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
