import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { freeUdpPorts } from "@dtls-cluster/testkit/free-ports";
import { Child } from "./child.ts";

const PROGRAM = "coap-server-openssl";
const START_MS = 3000;
const POLL_MS = 50;
const ATTEMPTS = 5;

/** The server of libcoap with OpenSSL: another implementation in the same run, where it is installed. */
export class LibcoapServer {
  /** Takes PUT and answers 2.04 without a payload. */
  readonly uri: string;
  readonly child: Child;

  private constructor(port: number) {
    this.uri = `coaps://127.0.0.1:${port + 1}/example_data`;
    this.child = new Child("libcoap's server", PROGRAM, [
      ...["-A", "127.0.0.1", "-p", String(port), "-k", ".fornium"],
    ]);
  }

  /** Its name and version, undefined when it is not installed. */
  static installedVersion(): string | undefined {
    const { stdout, stderr } = spawnSync(PROGRAM, ["-h"], { encoding: "utf8", timeout: 5000 });
    return /coap-server\S* v\S+/.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0];
  }

  /** @throws Error when it does not listen. */
  static async start(): Promise<LibcoapServer> {
    let server: LibcoapServer | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // DTLS listens on the port after the one it is given, which may be somebody else's.
      const [port = 0] = await freeUdpPorts(1);
      server = new LibcoapServer(port);
      if (await server.#listens(port + 1)) return server;
      await server.stop();
    }
    throw server?.child.problem("does not listen") ?? new Error("libcoap's server does not start");
  }

  async #listens(port: number): Promise<boolean> {
    const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} `;
    for (const giveUpAt = performance.now() + START_MS; performance.now() < giveUpAt; ) {
      if (readFileSync("/proc/net/udp", "latin1").includes(local)) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return false;
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
