import { type CoapEndpoint, type CoapPeer, Code, createCoapEndpoint } from "@dtls-cluster/coap";
import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import {
  type Connection,
  type CryptoProvider,
  createEndpoint,
  type Endpoint,
} from "@dtls-cluster/dtls";
import type { VirtualSocket, World } from "@dtls-cluster/testkit";
import type { Ledger } from "./ledger.ts";

export const psk: Uint8Array = new TextEncoder().encode("a pre-shared key");
export const crypto: CryptoProvider = createNodeCrypto();
const cookieSecret = new Uint8Array(16).fill(5);
const SEQUENCES_OF_A_GENERATION = 2 ** 32;
/** Devices here do not wait for one answer before the next question: of this many a repetition may come last. */
const DUPLICATES = 256;
const notCoap = Uint8Array.of(0);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** One process of a server: it executes requests, and may give all it has to the next process. */
export class ServerNode {
  readonly dtls: Endpoint;
  readonly #coap: CoapEndpoint<Connection>;
  readonly #peers = new Map<Connection, CoapPeer<Connection>>();

  constructor(world: World, socket: VirtualSocket, ledger: Ledger, generation: number) {
    this.dtls = createEndpoint(
      {
        crypto,
        entropy: world.random(),
        role: "server",
        connectionId: { length: 6 },
        cookieSecret,
      },
      {
        transmit: socket.transmit,
        data: (connection, payload, now) => {
          this.#coap.receive(this.#peerOf(connection), payload, now);
        },
        event: (event, now) => {
          if (event.type === "psk-needed") this.dtls.providePsk(event.connection, psk, now);
          if (event.type !== "closed") return;
          const peer = this.#peers.get(event.connection);
          if (peer !== undefined) this.#coap.closePeer(peer, now);
          this.#peers.delete(event.connection);
        },
      },
    );
    this.dtls.advanceSequences(generation * SEQUENCES_OF_A_GENERATION);
    this.#coap = createCoapEndpoint<Connection>(
      { entropy: world.random(), limits: { maxDuplicatesPerPeer: DUPLICATES } },
      {
        transmit: (peer, message) => {
          this.dtls.send(peer.transport, message, world.now);
        },
        request: (exchange, request, now) => {
          const payload = encoder.encode(ledger.execute(decoder.decode(request.payload)));
          this.#coap.respond(exchange, { code: Code.changed, payload }, now);
        },
      },
    );
  }

  /** Takes the place of whatever served at the socket. */
  serve(socket: VirtualSocket): void {
    socket.attach({
      receive: (datagram, address, port, via, now) =>
        this.dtls.receive(datagram, address, port, via, now),
      handleTimeout: (now) => {
        this.dtls.handleTimeout(now);
        this.#coap.handleTimeout(now);
      },
      nextTimeout: () => {
        const due = [this.dtls.nextTimeout(), this.#coap.nextTimeout()];
        const known = due.filter((time) => time !== undefined);
        return known.length === 0 ? undefined : Math.min(...known);
      },
    });
  }

  /** Moves everything to another process; this one never seals again. */
  giveTo(taker: ServerNode, now: number): void {
    for (const connection of [...this.dtls.connections()]) {
      const coap = this.#coap.exportPeer(this.#peerOf(connection), now);
      const state = this.dtls.exportConnection(connection, now);
      if (state === undefined) continue;
      const moved = taker.dtls.importConnection(state, now);
      taker.#coap.importPeer(taker.#peerOf(moved), coap, now);
    }
    this.dtls.sealForEver();
  }

  /**
   * Copies everything to a process that believes it is the owner, seals one record for everybody and dies; this one
   * goes on in a later generation.
   */
  giveInVain(taker: ServerNode, generation: number, now: number): void {
    for (const connection of this.dtls.connections()) {
      const state = this.dtls.snapshot(connection, now);
      if (state === undefined) continue;
      taker.dtls.send(taker.dtls.importConnection(state, now), notCoap, now);
    }
    taker.dtls.sealForEver();
    this.dtls.advanceSequences(generation * SEQUENCES_OF_A_GENERATION);
  }

  #peerOf(connection: Connection): CoapPeer<Connection> {
    let peer = this.#peers.get(connection);
    if (peer === undefined) {
      peer = this.#coap.openPeer(connection);
      this.#peers.set(connection, peer);
    }
    return peer;
  }
}
