import { createSocket, type Socket } from "node:dgram";
import { type CoapPeer, Code, createCoapEndpoint } from "@dtls-cluster/coap";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type Connection, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";

export interface EchoServer {
  /** The port of the first socket. */
  readonly port: number;
  readonly sockets: readonly EchoSocket[];
  /** Requests executed, by the marker at the beginning of their payload. */
  readonly executions: ReadonlyMap<string, number>;
  /** Forgets all connections without a word, as a process that crashed. */
  restart(): void;
  /** Ends all connections with close_notify. */
  sayGoodbye(): void;
  close(): Promise<void>;
}

/** One address of the server: all of them are one server, and each answer leaves where it was asked. */
export interface EchoSocket {
  readonly port: number;
  /** Datagrams that begin with a record of the handshake, and those that begin with another one. */
  handshakeDatagrams: number;
  dataDatagrams: number;
}

const HANDSHAKE_RECORD = 22;
const PSK = new TextEncoder().encode(".fornium");
const MARKER_LENGTH = 19;

/** The least CoAP server: answers every request with 2.04 and 40 bytes, over DTLS or plain UDP. */
export async function startEchoServer(
  scheme: "coap" | "coaps",
  port = 0,
  sockets = 1,
  connectionIdLength = 6,
): Promise<EchoServer> {
  const bound = await Promise.all(Array.from({ length: sockets }, () => bindSocket(port)));
  let socket = bound[0] as Socket;
  const executions = new Map<string, number>();
  const entropy = createNodeEntropy();
  const body = new Uint8Array(40).fill(0x2a);
  const coap = createCoapEndpoint<(message: Uint8Array) => void>(
    { entropy },
    {
      transmit: (peer, message) => peer.transport(message),
      request: (exchange, request, now) => {
        const marker = Buffer.from(request.payload.subarray(0, MARKER_LENGTH)).toString("latin1");
        executions.set(marker, (executions.get(marker) ?? 0) + 1);
        coap.respond(exchange, { code: Code.changed, payload: body }, now);
      },
    },
  );
  type Peer = CoapPeer<(message: Uint8Array) => void>;
  const plainPeers = new Map<string, Peer>();
  const createDtls = (): Endpoint =>
    createEndpoint(
      {
        crypto: createNodeCrypto(),
        entropy,
        role: "server",
        connectionId: { length: connectionIdLength },
      },
      {
        transmit: (datagram, path) => socket.send(datagram, path.port, path.address),
        data: (connection, payload, now) => {
          coap.receive(connection.attachment as Peer, payload, now);
        },
        event: (event, now) => {
          if (event.type === "psk-needed") dtls.providePsk(event.connection, PSK, now);
          else if (event.type === "connected")
            event.connection.attachment = peerOf(event.connection);
          else if (event.type === "closed" && event.connection.attachment !== undefined) {
            coap.closePeer(event.connection.attachment as Peer, now);
          }
        },
      },
    );
  let dtls = createDtls();
  const peerOf = (connection: Connection): Peer =>
    coap.openPeer((message) => dtls.send(connection, message, performance.now()));
  const listen = (own: Socket): EchoSocket => {
    const figures = { port: own.address().port, handshakeDatagrams: 0, dataDatagrams: 0 };
    own.on("message", (datagram, { address, port: from }) => {
      const now = performance.now();
      socket = own;
      if (scheme === "coaps") {
        if (datagram[0] === HANDSHAKE_RECORD) figures.handshakeDatagrams += 1;
        else figures.dataDatagrams += 1;
        dtls.receive(datagram, address, from, undefined, now);
        return;
      }
      const name = `${address}:${from}`;
      let peer = plainPeers.get(name);
      if (peer === undefined) {
        peer = coap.openPeer((message) => own.send(message.slice(), from, address));
        plainPeers.set(name, peer);
      }
      coap.receive(peer, datagram, now);
    });
    return figures;
  };
  const listening = bound.map(listen);
  const timer = setInterval(() => {
    dtls.handleTimeout(performance.now());
    coap.handleTimeout(performance.now());
  }, 100);
  return {
    port: (listening[0] as EchoSocket).port,
    sockets: listening,
    executions,
    restart() {
      dtls = createDtls();
    },
    sayGoodbye() {
      for (const connection of [...dtls.connections()]) dtls.close(connection, performance.now());
    },
    async close() {
      clearInterval(timer);
      await Promise.all(bound.map((own) => new Promise<void>((resolve) => own.close(resolve))));
    },
  };
}

async function bindSocket(port: number): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: 4 << 20,
    lookup: (address, _options, callback) => callback(null, address, 4),
  });
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  return socket;
}
