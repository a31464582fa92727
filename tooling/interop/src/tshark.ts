import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InstalledProgram } from "./installed-program.ts";
import { InteropError } from "./interop-error.ts";
import { encodePcap } from "./packet-capture.ts";
import { PeerProcess } from "./peer-process.ts";
import type { ProxiedDatagram } from "./udp-proxy.ts";

export const tshark: InstalledProgram = new InstalledProgram("tshark", "tshark");

export interface DissectOptions {
  readonly serverPort: number;
  /** Lines of an NSS key log. */
  readonly keyLog: string;
}

/**
 * Lets tshark decrypt DTLS with a key log and read CoAP in it.
 * @param fields names of Wireshark, as `coap.mid`.
 * @returns for each datagram the values of the fields; several values of one are separated by commas.
 */
export async function dissect<F extends string>(
  datagrams: readonly ProxiedDatagram[],
  { serverPort, keyLog }: DissectOptions,
  fields: readonly F[],
): Promise<readonly Readonly<Record<F, string>>[]> {
  const folder = await mkdtemp(join(tmpdir(), "dtls-cluster-tshark-"));
  try {
    const capture = join(folder, "capture.pcap");
    const keys = join(folder, "keys.txt");
    await writeFile(capture, encodePcap(datagrams, serverPort));
    await writeFile(keys, keyLog, { mode: 0o600 });
    const process = new PeerProcess(
      tshark.path,
      [
        ...["-n", "-r", capture, "-T", "fields"],
        ...["-o", `tls.keylog_file:${keys}`],
        ...["-d", `udp.port==${serverPort},dtls`, "-d", `dtls.port==${serverPort},coap`],
        ...fields.flatMap((field) => ["-e", field]),
      ],
      { HOME: folder },
    );
    const code = await process.waitForEnd(30_000).finally(() => process.stop());
    const lines = process.output.split("\n").filter((line) => line.includes("\t"));
    if (code !== 0 || lines.length !== datagrams.length) {
      throw new InteropError(`tshark ended with ${code} and printed:\n${process.output}`);
    }
    return lines.map((line) => {
      const values = line.split("\t");
      const pairs = fields.map((field, index) => [field, values[index] ?? ""]);
      return Object.fromEntries(pairs) as Record<F, string>;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
