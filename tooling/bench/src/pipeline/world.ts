import {
  type CoapEndpoint,
  type CoapPeer,
  Code,
  createCoapEndpoint,
  createResources,
  encodeMessage,
  MessageType,
  requestOptions,
} from "@dtls-cluster/coap";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type Connection, createEndpoint, type Endpoint, type Path } from "@dtls-cluster/dtls";

const TARGET = "/benchmark?rlen=40";
const SECRET = new TextEncoder().encode(".fornium");
const SERVER: Path = { address: "10.0.0.1", port: 5684, via: undefined };

/** A client with its connection; `outbox` takes what it sends. */
class Client {
  readonly path: Path;
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly outbox: Uint8Array[] = [];
  #messageId = 0;
  readonly #request: Uint8Array;

  constructor(
    index: number,
    crypto: ReturnType<typeof createNodeCrypto>,
    entropy: ReturnType<typeof createNodeEntropy>,
  ) {
    this.path = { address: `10.1.${index >> 8}.${index & 255}`, port: 40_000, via: undefined };
    this.endpoint = createEndpoint(
      {
        crypto,
        entropy,
        role: "client",
        cipherSuites: ["TLS_PSK_WITH_AES_128_CCM_8"],
        connectionId: { length: 0 },
      },
      { transmit: (datagram) => this.outbox.push(datagram), data: () => {}, event: () => {} },
    );
    const identity = new TextEncoder().encode(`cali.${index}`);
    this.connection = this.endpoint.connect(SERVER, { pskIdentity: identity, psk: SECRET }, 0);
    this.#request = encodeMessage({
      type: MessageType.confirmable,
      code: Code.post,
      messageId: 0,
      token: Uint8Array.of(1, 2, 3, 4),
      options: requestOptions(TARGET),
      payload: new Uint8Array(40).fill(0x2e),
    });
  }

  receive(datagram: Uint8Array, now: number): void {
    this.endpoint.receive(datagram, SERVER.address, SERVER.port, undefined, now);
  }

  /** Seals its next request. */
  request(now: number): Uint8Array {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    this.#request[2] = this.#messageId >> 8;
    this.#request[3] = this.#messageId & 255;
    this.endpoint.send(this.connection, this.#request, now);
    const datagram = this.outbox.pop();
    if (datagram === undefined) throw new Error("a client could not send");
    return datagram;
  }
}

/** A server and its connected clients without any socket: what is left is the CPU of the protocols. */
export class World {
  readonly clients: readonly Client[];
  /** Requests that were executed. */
  executions = 0;
  /** Datagrams that the server sent. */
  answers = 0;
  readonly #server: Endpoint;
  readonly #coap: CoapEndpoint<Connection>;

  constructor(count: number) {
    const entropy = createNodeEntropy();
    const crypto = createNodeCrypto({ hotKeys: 8192 });
    let reply: ((datagram: Uint8Array) => void) | undefined;
    const payload = new Uint8Array(40).fill(0x2a);
    const resources = createResources<Connection>([
      {
        path: "/benchmark",
        query: { rlen: { type: "integer", min: 0, max: 1024 } },
        post: () => {
          this.executions += 1;
          return { code: Code.changed, payload };
        },
      },
    ]);
    const coap = createCoapEndpoint<Connection>(
      { entropy },
      {
        transmit: (peer, message) => void this.#server.send(peer.transport, message, this.#now),
        request: (exchange, request, now) => resources.handle(coap, exchange, request, now),
      },
    );
    this.#coap = coap;
    this.#server = createEndpoint(
      { crypto, entropy, role: "server", connectionId: { length: 6 } },
      {
        transmit: (datagram) => {
          this.answers += 1;
          reply?.(datagram);
        },
        data: (connection, message, now) => {
          connection.attachment ??= this.#coap.openPeer(connection);
          this.#coap.receive(connection.attachment as CoapPeer<Connection>, message, now);
        },
        event: (event, now) => {
          if (event.type === "psk-needed") this.#server.providePsk(event.connection, SECRET, now);
        },
      },
    );
    // The clients' keys stay apart, so that the server's cache of keys is that of a real one.
    const clientCrypto = createNodeCrypto({ hotKeys: 2 * count });
    this.clients = Array.from({ length: count }, (_, index) => {
      const client = new Client(index, clientCrypto, entropy);
      reply = (datagram) => client.receive(datagram, this.#now);
      for (let datagram = client.outbox.shift(); datagram !== undefined; ) {
        this.deliver(datagram, client);
        datagram = client.outbox.shift();
      }
      return client;
    });
    reply = undefined;
  }

  #now = 0;

  /** The server takes one datagram, at a time of its own. */
  deliver(datagram: Uint8Array, from: Client): void {
    this.#now += 0.05;
    this.#server.receive(datagram, from.path.address, from.path.port, undefined, this.#now);
  }

  get connections(): number {
    return this.#server.stats().connections;
  }
}
