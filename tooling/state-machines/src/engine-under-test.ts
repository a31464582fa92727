import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import { Random } from "@dtls-cluster/testkit";
import { ContentType, messageName, recordsOf } from "./messages.ts";
import type { Plain, Session, Side } from "./session.ts";
import { nothing, type System } from "./system.ts";

export const psk: Uint8Array = new TextEncoder().encode("a pre-shared key");
export const identity: Uint8Array = new TextEncoder().encode("device-1");
export const peerCid: Uint8Array = Uint8Array.of(0xaa, 0xbb);
const crypto = createNodeCrypto();
const address = "10.0.0.2";
const port = 5684;

/** An endpoint, its seeded randomness, time that stands still, and what it does told as text. */
export abstract class EngineUnderTest implements System {
  protected readonly endpoint: Endpoint;
  protected session: Session | undefined;
  readonly #side: Side;
  #outputs: string[] = [];

  protected constructor(role: Side) {
    this.#side = role;
    this.endpoint = createEndpoint(
      {
        crypto,
        entropy: new Random(1),
        role,
        cipherSuites: ["TLS_PSK_WITH_AES_128_GCM_SHA256"],
        extendedMasterSecret: "disabled",
        connectionId: { length: 6 },
        cookieSecret: new Uint8Array(16),
      },
      {
        transmit: (datagram) => {
          for (const record of recordsOf(datagram, peerCid.length)) this.#told(record);
        },
        data: () => void this.#outputs.push("(data)"),
        event: (event, now) => {
          if (event.type === "psk-needed") {
            const isKnown = Buffer.from(event.identity).equals(identity);
            this.endpoint.providePsk(event.connection, isKnown ? psk : undefined, now);
          } else if (event.type === "connected" || event.type === "closed") {
            this.#outputs.push(`(${event.type})`);
          }
        },
      },
    );
  }

  step(symbol: string): string {
    this.receive(this.datagram(symbol));
    return this.#take();
  }

  protected connect(): void {
    this.endpoint.connect({ address, port, via: undefined }, { pskIdentity: identity, psk }, 0);
    this.#take();
  }

  protected abstract datagram(symbol: string): Uint8Array;
  /** A handshake message in the clear, with its header. */
  protected abstract sees(type: number | undefined, message: Uint8Array): void;

  private receive(datagram: Uint8Array): void {
    this.endpoint.receive(datagram, address, port, undefined, 0);
  }

  #take(): string {
    const text = this.#outputs.join(", ");
    this.#outputs = [];
    return text === "" ? nothing : text;
  }

  #told(record: Uint8Array): void {
    if (record[4] === 0) {
      const content = record.subarray(13);
      if (record[0] === ContentType.handshake) this.sees(content[0], content);
      this.#outputs.push(nameOf({ type: record[0] ?? 0, content }));
      return;
    }
    const opened = this.session?.open(this.#side, record, peerCid);
    this.#outputs.push(opened === undefined ? "unreadable" : `${nameOf(opened)}*`);
  }
}

function nameOf({ type, content }: Plain): string {
  switch (type) {
    case ContentType.changeCipherSpec:
      return "ChangeCipherSpec";
    case ContentType.alert:
      return `alert ${content[1]}`;
    case ContentType.handshake:
      return messageName(content[0]);
    default:
      return `content ${type}`;
  }
}
