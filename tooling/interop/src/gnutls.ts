import { InstalledProgram } from "./installed-program.ts";
import { PeerProcess } from "./peer-process.ts";

export const gnutlsClientProgram: InstalledProgram = new InstalledProgram(
  "gnutls-cli",
  "gnutls-bin",
);
const serverProgram = new InstalledProgram("gnutls-serv", "gnutls-bin");

export interface GnutlsOptions {
  readonly port: number;
  /** The part of the priority string that names key exchange and cipher, as `+ECDHE-ECDSA:+AES-128-GCM`. */
  readonly priority: string;
  readonly extra?: readonly string[];
}

/** A DTLS 1.2 client. It sends the lines that are written to it. */
export function gnutlsClient({ port, priority, extra = [] }: GnutlsOptions): PeerProcess {
  const place = ["--udp", "--port", String(port), "127.0.0.1"];
  return new PeerProcess(gnutlsClientProgram.path, [
    ...["--priority", priorityOf(priority)],
    ...extra,
    ...place,
  ]);
}

/** A DTLS 1.2 server that sends every datagram back, and the end of waiting for it to listen. */
export async function gnutlsServer(options: GnutlsOptions): Promise<PeerProcess> {
  const { port, priority, extra = [] } = options;
  const place = ["--udp", "--echo", "--port", String(port)];
  const args = [...place, "--priority", priorityOf(priority), ...extra];
  const server = new PeerProcess(serverProgram.path, args);
  try {
    await server.waitFor(/UDP .*listening on/i);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function priorityOf(part: string): string {
  const common = "+VERS-DTLS1.2:+COMP-ALL:+AEAD:+GROUP-ALL:+SIGN-ALL:+CTYPE-X509";
  return `NONE:${common}:${part}`;
}
