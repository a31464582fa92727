import { spawnSync } from "node:child_process";
import { Child } from "./child.ts";
import { freeUdpPorts } from "./free-ports.ts";

const PROGRAM = "coap-server-openssl";
const START_MS = 500;

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

  static async start(): Promise<LibcoapServer> {
    // DTLS listens on the port after the one it is given.
    const [port = 0] = await freeUdpPorts(1);
    const server = new LibcoapServer(port);
    await new Promise((resolve) => setTimeout(resolve, START_MS));
    return server;
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
