import { readFileSync } from "node:fs";
import { Reader } from "../../src/codec/reader.ts";
import { type CipherSuite, cipherSuiteById } from "../../src/crypto/cipher-suites.ts";
import { type CapturedDatagram, readPcap } from "./pcap.ts";

/** A captured session with everything that is needed to decrypt it. */
export interface Capture {
  readonly datagrams: readonly CapturedDatagram[];
  readonly serverPort: number;
  readonly suite: CipherSuite;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  readonly masterSecret: Uint8Array;
  /** The Connection ID in the records that the side receives. */
  readonly clientConnectionId: Uint8Array;
  readonly serverConnectionId: Uint8Array;
  /** Handshake messages from the ClientHello with cookie to ClientKeyExchange, each with its header. */
  readonly transcript: readonly Uint8Array[];
}

const serverPort = 5784;
const messageType = { clientHello: 1, serverHello: 2, helloVerifyRequest: 3 };
const connectionIdExtension = 54;

export function loadCapture(name: string): Capture {
  const datagrams = readPcap(
    new Uint8Array(readFileSync(new URL(`${name}.pcap`, import.meta.url))),
  );
  const messages = datagrams.flatMap(({ payload }) => plainHandshakeMessages(payload));
  const retried = messages.findLastIndex((message) => message[0] === messageType.clientHello);
  const transcript = messages.slice(retried);
  const clientHello = transcript.find((message) => message[0] === messageType.clientHello);
  const serverHello = transcript.find((message) => message[0] === messageType.serverHello);
  if (!clientHello || !serverHello) {
    throw new Error(`${name} has no hello messages`);
  }
  const client = readHello(clientHello);
  const server = readHello(serverHello);
  const suite = cipherSuiteById(server.suite);
  if (!suite) {
    throw new Error(`${name} uses the unknown cipher suite ${server.suite}`);
  }
  return {
    datagrams,
    serverPort,
    suite,
    clientRandom: client.random,
    serverRandom: server.random,
    masterSecret: masterSecretOf(client.random),
    clientConnectionId: client.connectionId,
    serverConnectionId: server.connectionId,
    transcript,
  };
}

/** The unfragmented handshake messages of a datagram's leading records of epoch 0. */
function plainHandshakeMessages(datagram: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const reader = new Reader(datagram);
  while (reader.remaining > 0) {
    const type = reader.uint8();
    reader.uint16();
    const epoch = reader.uint16();
    if (type !== 22 || epoch !== 0) {
      break;
    }
    reader.bytes(6);
    messages.push(reader.opaque16());
  }
  return messages;
}

function readHello(message: Uint8Array) {
  const reader = new Reader(message);
  const type = reader.uint8();
  reader.bytes(11);
  reader.uint16();
  const random = reader.bytes(32);
  reader.opaque8();
  let suite = 0;
  if (type === messageType.clientHello) {
    reader.opaque8();
    reader.opaque16();
    reader.opaque8();
  } else {
    suite = reader.uint16();
    reader.uint8();
  }
  let connectionId: Uint8Array = new Uint8Array(0);
  reader.vector16((extensions) => {
    while (extensions.remaining > 0) {
      const extension = extensions.uint16();
      const body = extensions.opaque16();
      if (extension === connectionIdExtension) {
        connectionId = new Reader(body).opaque8();
      }
    }
  });
  return { random, suite, connectionId };
}

function masterSecretOf(clientRandom: Uint8Array): Uint8Array {
  const wanted = Buffer.from(clientRandom).toString("hex").toUpperCase();
  const log = readFileSync(new URL("keylog.txt", import.meta.url), "utf8");
  const line = log.split("\n").find((candidate) => candidate.split(" ")[1] === wanted);
  return new Uint8Array(Buffer.from(line?.split(" ")[2] ?? "", "hex"));
}
