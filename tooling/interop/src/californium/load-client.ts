import { JavaPeer, javaArguments } from "./java-peer.ts";
import type { CaliforniumRelease } from "./java-programs.ts";

export interface LoadClientOptions {
  readonly port: number;
  readonly secret: string;
  readonly clients: number;
  readonly cidLength?: number;
  readonly cipher?: readonly string[];
}

/** What one request of every client brought. */
export interface LoadRound {
  readonly succeeded: number;
  readonly failed: number;
  readonly handshakes: number;
  readonly retransmissions: number;
}

const ROUND_MS = 120_000;

/** Hundreds of clients of Californium in one process. */
export class CaliforniumLoad extends JavaPeer {
  static async start(
    release: CaliforniumRelease,
    options: LoadClientOptions,
  ): Promise<CaliforniumLoad> {
    const { port, secret, clients, cidLength, cipher } = options;
    const args = javaArguments({
      server: `127.0.0.1:${port}`,
      secret,
      clients,
      "cid-length": cidLength,
      cipher: cipher?.join(":"),
    });
    const load = new CaliforniumLoad(release, "LoadClient", args);
    await load.ready();
    return load;
  }

  async round(responseBytes = 40): Promise<LoadRound> {
    const { succeeded, failed, handshakes, retransmissions } = await this.ask(
      `round ${responseBytes}`,
      "round",
      ROUND_MS,
    );
    return {
      succeeded: Number(succeeded),
      failed: Number(failed),
      handshakes: Number(handshakes),
      retransmissions: Number(retransmissions),
    };
  }

  async reachThrough(port: number): Promise<void> {
    await this.ask(`via 127.0.0.1:${port}`, "via");
  }

  async changePorts(): Promise<void> {
    await this.ask("ports", "ports", ROUND_MS);
  }
}
