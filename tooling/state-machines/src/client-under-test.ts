import { EngineUnderTest, identity, peerCid, psk } from "./engine-under-test.ts";
import {
  ContentType,
  clientHello,
  clientKeyExchange,
  helloVerifyRequest,
  MessageType,
  message,
  plainRecord,
  readClientHello,
  serverHello,
} from "./messages.ts";
import { ProtectedRecords, plainContent } from "./protected-records.ts";
import { Session } from "./session.ts";

const random = new Uint8Array(32).fill(0xc3);
const cookie = new Uint8Array(20).fill(0xd4);
const none = new Uint8Array(0);

/** The client, after its first ClientHello, and a server that sends each message with its number in a handshake. */
export class ClientUnderTest extends EngineUnderTest {
  readonly #protected = new ProtectedRecords();
  #plainSequence = 0;
  #clientCid: Uint8Array = none;
  #hello: Uint8Array = none;
  /** HelloVerifyRequests that the client has answered. */
  #verified = -1;

  constructor() {
    super("client");
    this.connect();
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
    const flights = [
      this.#hello,
      this.#handshake("server-hello"),
      this.#handshake("done"),
      message(MessageType.clientKeyExchange, this.#verified + 1, clientKeyExchange(identity)),
    ];
    const clientFinished = message(
      MessageType.finished,
      this.#verified + 2,
      this.session.finished("client", flights),
    );
    return this.#protected.seal(this.session, "server", symbol, this.#clientCid, {
      sequence: this.#verified + 2,
      transcript: [...flights, clientFinished],
      earlyTranscript: flights,
    });
  }

  #handshake(symbol: string): Uint8Array {
    const base = this.#verified;
    switch (symbol) {
      case "hello-verify":
        return message(MessageType.helloVerifyRequest, base, helloVerifyRequest(cookie));
      case "server-hello":
        return message(MessageType.serverHello, base, serverHello(random, peerCid));
      case "certificate":
        return message(MessageType.certificate, base + 1, Uint8Array.of(0, 0, 0));
      case "done":
        return message(MessageType.serverHelloDone, base + 1, none);
      case "hello-request-0":
        return message(MessageType.helloRequest, base, none);
      case "client-hello":
        return message(MessageType.clientHello, base, clientHello(random, cookie, peerCid));
      default:
        throw new Error(`unknown symbol ${symbol}`);
    }
  }

  protected override sees(type: number | undefined, seen: Uint8Array): void {
    if (type !== MessageType.clientHello) return;
    const hello = readClientHello(seen.subarray(12));
    this.#verified += 1;
    this.#hello = seen.slice();
    this.#clientCid = hello.cid;
    this.session ??= new Session(psk, hello.random, random);
  }
}
