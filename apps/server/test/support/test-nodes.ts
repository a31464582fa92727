import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestCertificate, type TestCertificate } from "@dtls-cluster/testkit";
import { ServerProcess } from "./server-process.ts";

export const TEST_PSK = "cali.*:.fornium";

/** Ports of one process, all on loopback. */
export interface NodePorts {
  readonly coaps: number;
  readonly cluster: number;
  readonly handover: number;
  readonly http: number;
}

/** A server process and where it is found. */
export interface TestNode {
  readonly ports: NodePorts;
  readonly server: ServerProcess;
}

export interface NodeSettings {
  readonly id?: number;
  readonly group?: readonly NodePorts[];
  /** https port of the double. */
  readonly double?: number;
  readonly certificates?: string;
  readonly more?: readonly string[];
}

/** Directory, certificates and secrets that the processes of a test share. */
export class TestSite {
  readonly directory: string = mkdtempSync(join(tmpdir(), "dtls-cluster-test-"));
  readonly authority: TestCertificate = createTestCertificate({ name: "cluster authority" });
  readonly certificates: string;
  readonly #environment: Readonly<Record<string, string>>;
  #count = 0;

  /** @param level how the cluster channel is protected. */
  constructor(level: "udp" | "dtls-mac" = "udp") {
    const secret = (): string => randomBytes(32).toString("base64");
    this.#environment = {
      DTLS_CLUSTER_COOKIE_SECRET_BASE64: secret(),
      ...(level === "udp"
        ? {}
        : { DTLS_CID_MGMT_IDENTITY: "nodes", DTLS_CID_MGMT_SECRET_BASE64: secret() }),
    };
    this.certificates = this.writeCertificates({});
  }

  /** Writes certificates of both sides; `client` may have come from elsewhere or be too old. */
  writeCertificates(options: {
    readonly clientIssuer?: TestCertificate;
    readonly clientNotAfter?: Date;
  }): string {
    this.#count += 1;
    const directory = mkdtempSync(join(this.directory, `certs${this.#count}-`));
    const issuer = options.clientIssuer ?? this.authority;
    const server = createTestCertificate({ name: "node", issuer: this.authority });
    const client = createTestCertificate({
      name: "node",
      issuer,
      ...(options.clientNotAfter === undefined ? {} : { notAfter: options.clientNotAfter }),
    });
    const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
    write("https_server_cert.pem", server.keyPem + server.certificatePem);
    write("https_server_trust.pem", this.authority.certificatePem);
    write("https_client_cert.pem", client.keyPem + client.certificatePem);
    write("https_client_trust.pem", this.authority.certificatePem);
    return directory;
  }

  /** Starts a process; by default node 1, alone in its group. */
  start(ports: NodePorts, settings: NodeSettings = {}): TestNode {
    const group = settings.group ?? [ports];
    const args = [
      ["--node-id", String(settings.id ?? 1)],
      ["--coaps", `127.0.0.1:${ports.coaps}`],
      ["--coap", "off"],
      ["--cluster", `127.0.0.1:${ports.cluster}`],
      ["--cluster-nodes", group.map(({ cluster }) => `127.0.0.1:${cluster}`).join(",")],
      ["--handover", `127.0.0.1:${ports.handover}`],
      ["--http", `127.0.0.1:${ports.http}`],
      ["--certs", settings.certificates ?? this.certificates],
      settings.double === undefined ? [] : ["--double", `127.0.0.1:${settings.double}`],
      ["--psk", TEST_PSK],
      settings.more ?? [],
    ].flat();
    const server = new ServerProcess(args, this.#environment);
    return { ports, server };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Value of a metric, summed over its labels. */
export async function metric({ ports }: TestNode, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.http}/metrics`);
  const lines = (await response.text()).split("\n");
  const values = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

export async function isReady({ ports }: TestNode): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports.http}/ready`);
  await response.text();
  return response.status === 200;
}

/** Below the range that the system takes for sockets without a port of their own, such as the clients'. */
const FIRST_PORT = 20_000;
const PORTS_PER_WORKER = 1000;
let nextPort = FIRST_PORT + (process.pid % 12) * PORTS_PER_WORKER;

/** Ports that nobody uses, for `count` processes. */
export async function freePorts(count: number): Promise<NodePorts[]> {
  const ports: NodePorts[] = [];
  for (let index = 0; index < count; index += 1) {
    const coaps = await nextFree(isUdpFree);
    const cluster = await nextFree(isUdpFree);
    const handover = await nextFree(isTcpFree);
    const http = await nextFree(isTcpFree);
    ports.push({ coaps, cluster, handover, http });
  }
  return ports;
}

async function nextFree(isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort += 1;
    if (await isFree(port)) return port;
  }
}

function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

function isTcpFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
