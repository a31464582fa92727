import {
  type CoapEndpoint,
  type CoapPeer,
  Code,
  createCoapEndpoint,
  requestOptions,
} from "@dtls-cluster/coap";
import { type Connection, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import type { VirtualSocket, World } from "@dtls-cluster/testkit";
import type { Ledger } from "./ledger.ts";
import { crypto, psk } from "./server-node.ts";

const server = { address: "10.0.0.1", port: 5684, via: undefined };
const options = requestOptions("/x");

/** A client that asks again and again, moves, and begins anew when nobody answers. */
export class Device {
  readonly socket: VirtualSocket;
  readonly #world: World;
  readonly #name: string;
  readonly #dtls: Endpoint;
  readonly #coap: CoapEndpoint<Connection>;
  #peer: CoapPeer<Connection> | undefined;
  #connection: Connection | undefined;
  #count = 0;
  handshakes = 0;

  constructor(world: World, ledger: Ledger, index: number) {
    this.#world = world;
    this.#name = `device-${index}`;
    this.socket = world.socket(`10.0.1.${index}`, 40_000);
    this.#dtls = createEndpoint(
      { crypto, entropy: world.random(), role: "client", connectionId: { length: 6 } },
      {
        transmit: this.socket.transmit,
        data: (connection, payload, now) => {
          if (this.#peer?.transport === connection) this.#coap.receive(this.#peer, payload, now);
        },
        event: (event) => {
          if (event.type === "connected") {
            this.#peer = this.#coap.openPeer(event.connection);
            this.handshakes += 1;
            this.#ask();
          }
        },
      },
    );
    this.#coap = createCoapEndpoint<Connection>(
      { entropy: world.random() },
      {
        transmit: (peer, message) => void this.#dtls.send(peer.transport, message, world.now),
        response: (exchange, response) => {
          ledger.answer(String(exchange.attachment), new TextDecoder().decode(response.payload));
        },
        failed: (_exchange, reason) => {
          if (reason === "closed") return;
          ledger.failures += 1;
          this.restart();
        },
      },
    );
    this.socket.attach({
      receive: (datagram, address, port, via, now) =>
        this.#dtls.receive(datagram, address, port, via, now),
      handleTimeout: (now) => {
        this.#dtls.handleTimeout(now);
        this.#coap.handleTimeout(now);
      },
      nextTimeout: () => {
        const due = [this.#dtls.nextTimeout(), this.#coap.nextTimeout()];
        const known = due.filter((time) => time !== undefined);
        return known.length === 0 ? undefined : Math.min(...known);
      },
    });
  }

  /** Asks if it can, else connects. */
  act(): void {
    if (this.#peer !== undefined) this.#ask();
    else if (this.#connection === undefined || this.#connection.phase === "closed") this.#connect();
  }

  /** Forgets everything, as after a loss of power. */
  restart(): void {
    if (this.#peer !== undefined) this.#coap.closePeer(this.#peer, this.#world.now);
    this.#peer = undefined;
    this.#connection = undefined;
  }

  #connect(): void {
    const pskIdentity = new TextEncoder().encode(this.#name);
    this.#connection = this.#dtls.connect(server, { pskIdentity, psk }, this.#world.now);
  }

  #ask(): void {
    if (this.#peer === undefined) return;
    this.#count += 1;
    const text = `${this.#name} ${this.#count}`;
    const payload = new TextEncoder().encode(text);
    const request = { code: Code.post, options, payload };
    this.#coap.request(this.#peer, request, this.#world.now, text);
  }
}
