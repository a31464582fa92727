import { EngineUnderTest, identity, peerCid, psk } from "./engine-under-test.ts";
import {
  ContentType,
  clientHello,
  clientKeyExchange,
  MessageType,
  message,
  plainRecord,
  readServerHello,
  serverHello,
} from "./messages.ts";
import { ProtectedRecords, plainContent } from "./protected-records.ts";
import { Session } from "./session.ts";

const random = new Uint8Array(32).fill(0xa1);
const otherRandom = new Uint8Array(32).fill(0xb2);
const none = new Uint8Array(0);
const keyExchange = message(MessageType.clientKeyExchange, 2, clientKeyExchange(identity));

/** The server, and a client that sends each message with the number that it has in a handshake. */
export class ServerUnderTest extends EngineUnderTest {
  readonly #protected = new ProtectedRecords();
  #plainSequence = 0;
  /** Of the hello with the first random; the right one once the server has sent it. */
  #cookie: Uint8Array = new Uint8Array(32);
  #lastHello: Uint8Array = none;
  #serverFlight: Uint8Array[] = [];
  #serverRandom: Uint8Array = none;
  #serverCid: Uint8Array = new Uint8Array(6);

  constructor() {
    super("server");
    this.session = new Session(psk, random, otherRandom);
  }

  protected override datagram(symbol: string): Uint8Array {
    const sealed = this.#sealed(symbol);
    if (sealed !== undefined) return sealed;
    this.#plainSequence += 1;
    const plain = plainContent(symbol) ?? {
      type: ContentType.handshake,
      content: this.#handshake(symbol),
    };
    return plainRecord(plain.type, this.#plainSequence - 1, plain.content);
  }

  #sealed(symbol: string): Uint8Array | undefined {
    if (this.session === undefined) return undefined;
    const before = [this.#helloWithCookie(random), ...this.#serverFlight];
    return this.#protected.seal(this.session, "client", symbol, this.#serverCid, {
      sequence: 3,
      transcript: [...before, keyExchange],
      earlyTranscript: before,
    });
  }

  #handshake(symbol: string): Uint8Array {
    switch (symbol) {
      case "hello":
        this.#lastHello = random;
        return message(MessageType.clientHello, 0, clientHello(random, none, peerCid));
      case "hello-cookie":
        this.#lastHello = random;
        return this.#helloWithCookie(random);
      case "hello-other":
        this.#lastHello = otherRandom;
        return this.#helloWithCookie(otherRandom);
      case "key-exchange":
        return keyExchange;
      case "key-exchange-unknown":
        return message(
          MessageType.clientKeyExchange,
          2,
          clientKeyExchange(new TextEncoder().encode("nobody")),
        );
      case "hello-request-0":
        return message(MessageType.helloRequest, 2, none);
      case "server-hello":
        return message(MessageType.serverHello, 2, serverHello(random, peerCid));
      default:
        throw new Error(`unknown symbol ${symbol}`);
    }
  }

  #helloWithCookie(withRandom: Uint8Array): Uint8Array {
    const body = clientHello(withRandom, this.#cookie, peerCid);
    return message(MessageType.clientHello, 1, body);
  }

  protected override sees(type: number | undefined, seen: Uint8Array): void {
    if (type === MessageType.helloVerifyRequest && this.#lastHello === random) {
      this.#cookie = seen.slice(15);
    } else if (type === MessageType.serverHello) {
      this.#takeServerHello(seen);
    } else if (type === MessageType.serverHelloDone && this.#serverFlight.length === 1) {
      this.#serverFlight.push(seen.slice());
    }
  }

  #takeServerHello(seen: Uint8Array): void {
    const hello = readServerHello(seen.subarray(12));
    if (Buffer.from(hello.random).equals(this.#serverRandom)) return;
    this.#serverRandom = hello.random;
    this.#serverCid = hello.cid;
    this.#serverFlight = [seen.slice()];
    this.session = new Session(psk, random, hello.random);
    this.#protected.restart();
  }
}
