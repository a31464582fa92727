import { JavaPeer, javaArguments } from "./java-peer.ts";
import type { CaliforniumRelease } from "./java-programs.ts";

export interface CoapsClientOptions {
  readonly port: number;
  readonly identity: string;
  readonly secret: string;
  /** Of the own Connection ID; 0 (default): uses the server's only, -1: none at all. */
  readonly cidLength?: number;
  readonly cipher?: readonly string[];
  readonly mtu?: number;
  readonly retransmissionMs?: number;
}

export interface CaliforniumAnswer {
  /** As `2.04`; `none` when there was no answer. */
  readonly code: string;
  readonly bytes: number;
  /** Handshakes and CoAP retransmissions of this client so far. */
  readonly handshakes: number;
  readonly retransmissions: number;
}

export interface CaliforniumSession {
  /** IANA name. */
  readonly suite: string;
  /** Hexadecimal, or `none`. */
  readonly readCid: string;
  readonly writeCid: string;
  readonly extendedMasterSecret: boolean;
}

/** A client of Californium that keeps its session. */
export class CaliforniumClient extends JavaPeer {
  static async start(
    release: CaliforniumRelease,
    options: CoapsClientOptions,
  ): Promise<CaliforniumClient> {
    const { port, identity, secret, cidLength, cipher, mtu, retransmissionMs } = options;
    const args = javaArguments({
      server: `127.0.0.1:${port}`,
      identity,
      secret,
      "cid-length": cidLength,
      cipher: cipher?.join(":"),
      mtu,
      "retransmission-ms": retransmissionMs,
    });
    const client = new CaliforniumClient(release, "CoapsClient", args);
    await client.ready();
    return client;
  }

  /** `POST /benchmark?rlen=N`. */
  async post(responseBytes: number, payloadBytes = 0): Promise<CaliforniumAnswer> {
    const answer = await this.ask(`post ${responseBytes} ${payloadBytes}`, "answer");
    return answer as unknown as CaliforniumAnswer;
  }

  /** A request after a new, full handshake. */
  async postAfterHandshake(): Promise<CaliforniumAnswer> {
    return (await this.ask("full", "answer")) as unknown as CaliforniumAnswer;
  }

  /** Goes on with the session through another port of the servers. */
  async reachThrough(port: number): Promise<void> {
    await this.ask(`via 127.0.0.1:${port}`, "via");
  }

  /** Goes on with the session from another local port, as after a new NAT entry. */
  async changePort(): Promise<void> {
    await this.ask("port", "port");
  }

  async session(): Promise<CaliforniumSession> {
    return (await this.ask("session", "session")) as unknown as CaliforniumSession;
  }

  /** Sends close_notify. */
  async close(): Promise<void> {
    await this.ask("close", "closed");
  }
}
