import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { InstalledProgram } from "./installed-program.ts";
import { InteropError } from "./interop-error.ts";
import { PeerProcess } from "./peer-process.ts";

const sources = fileURLToPath(new URL("../c-peers", import.meta.url));
const built = fileURLToPath(new URL("../../../.cache/interop", import.meta.url));
const compiler = new InstalledProgram("gcc", "gcc libc6-dev");
const BUILD_MS = 60_000;

/** What a peer of `c-peers/` takes on its command line. */
export interface CPeerOptions {
  /** IANA name of the one suite. */
  readonly suite: string;
  readonly identity?: string;
  readonly psk?: Uint8Array;
  /** Files of PEM. */
  readonly certificate?: string;
  readonly key?: string;
  readonly trust?: string;
  /** That a client checks and tells. */
  readonly serverName?: string;
  /** What a server asks of its client. Default "none". */
  readonly authentication?: "none" | "wanted" | "required";
  /** Largest datagram to send, in bytes. wolfSSL as Debian builds it has no such option. */
  readonly mtu?: number;
  /** What a client asks for (RFC 6066 section 4). */
  readonly fragmentLength?: 512 | 1024 | 2048 | 4096;
}

/** A library for DTLS with the program of ours that is built on it. */
export class CPeer {
  readonly name: string;
  readonly #library: Library;
  #hasTold = false;
  #building: Promise<string> | undefined;

  constructor(name: string, library: Library) {
    this.name = name;
    this.#library = library;
  }

  /** Whether tests can build it; says once why they are skipped when they cannot. */
  get isAvailable(): boolean {
    if (!compiler.isInstalled) return false;
    const { header, debianPackage } = this.#library;
    const isThere = existsSync(header);
    if (!isThere && !this.#hasTold) {
      this.#hasTold = true;
      process.stdout.write(
        `skipped: ${this.name} is not installed (Debian package ${debianPackage})\n`,
      );
    }
    return isThere;
  }

  /** Builds the program unless that is done for these sources. @throws InteropError with the compiler's output */
  build(): Promise<string> {
    this.#building ??= this.#compile();
    return this.#building;
  }

  async client(port: number, options: CPeerOptions): Promise<PeerProcess> {
    const args = ["client", "--port", String(port), ...argumentsOf(options)];
    return new PeerProcess(await this.build(), args);
  }

  /** A server for one client, and the port where it listens. */
  async server(options: CPeerOptions): Promise<{ peer: PeerProcess; port: number }> {
    const peer = new PeerProcess(await this.build(), ["server", ...argumentsOf(options)]);
    const [, port] = await peer.waitFor(/^listening (\d+)$/m);
    return { peer, port: Number(port) };
  }

  async #compile(): Promise<string> {
    const { source, links } = this.#library;
    const files = ["main.c", source].map((file) => join(sources, file));
    const hash = createHash("sha256").update(readFileSync(join(sources, "peer.h")));
    for (const file of files) hash.update(readFileSync(file));
    const program = join(built, `${this.name.toLowerCase()}-${hash.digest("hex").slice(0, 16)}`);
    if (existsSync(program)) return program;
    mkdirSync(built, { recursive: true });
    const unfinished = `${program}.${process.pid}`;
    const flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra"];
    const link = links.map((library) => `-l${library}`);
    try {
      await promisify(execFile)(compiler.path, [...flags, "-o", unfinished, ...files, ...link], {
        timeout: BUILD_MS,
      });
    } catch (error) {
      throw new InteropError(`cannot build the peer of ${this.name}`, { cause: error });
    }
    renameSync(unfinished, program);
    return program;
  }
}

interface Library {
  readonly source: string;
  readonly links: readonly string[];
  /** Shows whether the package is installed. */
  readonly header: string;
  readonly debianPackage: string;
}

export const mbedTls: CPeer = new CPeer("MbedTLS", {
  source: "mbedtls.c",
  links: ["mbedtls", "mbedx509", "mbedcrypto"],
  header: "/usr/include/mbedtls/ssl.h",
  debianPackage: "libmbedtls-dev",
});

export const wolfSsl: CPeer = new CPeer("wolfSSL", {
  source: "wolfssl.c",
  links: ["wolfssl"],
  header: "/usr/include/wolfssl/ssl.h",
  debianPackage: "libwolfssl-dev",
});

function argumentsOf(options: CPeerOptions): readonly string[] {
  const { psk, ...others } = options;
  const named = Object.entries(others).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  return psk === undefined ? named : [...named, "--psk", Buffer.from(psk).toString("hex")];
}
