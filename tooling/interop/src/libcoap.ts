import { freePorts } from "./free-port.ts";
import { InstalledProgram } from "./installed-program.ts";
import { PeerProcess } from "./peer-process.ts";

const debianPackage = "libcoap3-bin";
const flavours = ["openssl", "gnutls"] as const;

/** libcoap's example programs, built on either library for DTLS. */
export interface LibcoapPrograms {
  readonly flavour: (typeof flavours)[number];
  readonly client: InstalledProgram;
  readonly server: InstalledProgram;
}

export const libcoap: readonly LibcoapPrograms[] = flavours.map((flavour) => ({
  flavour,
  client: new InstalledProgram(`coap-client-${flavour}`, debianPackage),
  server: new InstalledProgram(`coap-server-${flavour}`, debianPackage),
}));

/** Sends one request; the answer's payload is what the process prints. */
export function coapClient(program: InstalledProgram, ...args: readonly string[]): PeerProcess {
  return new PeerProcess(program.path, ["-B", "20", ...args]);
}

export interface LibcoapServer {
  readonly process: PeerProcess;
  readonly coapPort: number;
  readonly coapsPort: number;
  stop(): Promise<void>;
}

/** A server on loopback that takes any identity with this key, once it listens. */
export async function startLibcoapServer(
  program: InstalledProgram,
  key: string,
  ...args: readonly string[]
): Promise<LibcoapServer> {
  const coapPort = await freePorts(2);
  const place = ["-A", "127.0.0.1", "-p", String(coapPort)];
  const process = new PeerProcess(program.path, ["-v", "7", ...place, "-k", key, ...args]);
  try {
    await process.waitFor(new RegExp(`created DTLS endpoint 127\\.0\\.0\\.1:${coapPort + 1}`));
    const stop = () => process.stop();
    return { process, coapPort, coapsPort: coapPort + 1, stop };
  } catch (error) {
    await process.stop();
    throw error;
  }
}
