import { InstalledProgram } from "./installed-program.ts";
import { PeerProcess } from "./peer-process.ts";

export const openssl: InstalledProgram = new InstalledProgram("openssl", "openssl");

/** The PSK suites of the engine: IANA name and number, OpenSSL's name. */
export const pskSuites: readonly {
  readonly name: string;
  readonly id: number;
  readonly cipher: string;
}[] = [
  { name: "TLS_PSK_WITH_AES_128_GCM_SHA256", id: 0x00a8, cipher: "PSK-AES128-GCM-SHA256" },
  { name: "TLS_PSK_WITH_AES_256_GCM_SHA384", id: 0x00a9, cipher: "PSK-AES256-GCM-SHA384" },
  { name: "TLS_PSK_WITH_AES_128_CCM", id: 0xc0a4, cipher: "PSK-AES128-CCM" },
  { name: "TLS_PSK_WITH_AES_256_CCM", id: 0xc0a5, cipher: "PSK-AES256-CCM" },
  { name: "TLS_PSK_WITH_AES_128_CCM_8", id: 0xc0a8, cipher: "PSK-AES128-CCM8" },
  { name: "TLS_PSK_WITH_AES_256_CCM_8", id: 0xc0a9, cipher: "PSK-AES256-CCM8" },
];

/** The suites with certificates: IANA name and number, OpenSSL's name. */
export const certificateSuites: readonly (typeof pskSuites)[number][] = [
  {
    name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    id: 0xc02b,
    cipher: "ECDHE-ECDSA-AES128-GCM-SHA256",
  },
  {
    name: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    id: 0xc02c,
    cipher: "ECDHE-ECDSA-AES256-GCM-SHA384",
  },
  {
    name: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    id: 0xcca9,
    cipher: "ECDHE-ECDSA-CHACHA20-POLY1305",
  },
  { name: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", id: 0xc0ac, cipher: "ECDHE-ECDSA-AES128-CCM" },
  { name: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", id: 0xc0ae, cipher: "ECDHE-ECDSA-AES128-CCM8" },
];

export interface OpensslOptions {
  readonly port: number;
  /** With `psk`; undefined for certificates alone. */
  readonly identity?: string;
  readonly psk?: Uint8Array;
  /** OpenSSL's names, separated by colons. */
  readonly cipher: string;
  readonly extra?: readonly string[];
}

/** A DTLS 1.2 client. It sends the lines that are written to it; `Q` closes, `R` renegotiates. */
export function opensslClient(options: OpensslOptions): PeerProcess {
  const target = ["-connect", `127.0.0.1:${options.port}`];
  return new PeerProcess(openssl.path, ["s_client", ...target, ...common(options)]);
}

/** A DTLS 1.2 server, and the end of waiting for it to listen. `q` closes, `Q` also ends it. */
export async function opensslServer(options: OpensslOptions): Promise<PeerProcess> {
  const place = ["-accept", `127.0.0.1:${options.port}`];
  if (!options.extra?.includes("-cert")) place.push("-nocert");
  const server = new PeerProcess(openssl.path, ["s_server", ...place, ...common(options)]);
  try {
    await server.waitFor(/^ACCEPT$/m);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function common({ identity, psk, cipher, extra = [] }: OpensslOptions): readonly string[] {
  const key = psk && Buffer.from(psk).toString("hex");
  const secret = key === undefined ? [] : ["-psk_identity", identity ?? "", "-psk", key];
  return ["-dtls1_2", ...secret, "-cipher", cipher, ...extra];
}
