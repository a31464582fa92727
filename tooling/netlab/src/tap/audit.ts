import { createReadStream } from "node:fs";
import { NonceAuditor, type NonceViolation } from "@dtls-cluster/testkit";
import { COAPS_PORT, SERVICE_ADDRESS } from "../net/addresses.ts";
import { HandshakeRepeats } from "./handshake-repeats.ts";
import { PcapReader } from "./pcap.ts";

/** What a capture shows. */
export interface Audit {
  readonly datagrams: number;
  readonly sealedRecords: number;
  readonly unparsedDatagrams: number;
  /** Handshake messages in the clear that were sent more than once. */
  readonly repeatedHandshakeMessages: number;
  /**
   * Answers with a pod's own address as their source: the router had forgotten the connection, and no
   * client will know them. Only visible between router and NAT.
   */
  readonly orphanedAnswers: number;
  readonly violations: readonly NonceViolation[];
}

/** Length of the servers' Connection IDs, their default. The clients take none. */
const CID_LENGTH = 6;

/** Reads a capture and checks that no nonce was used twice. @throws LabError for a damaged file. */
export async function auditCapture(file: string): Promise<Audit> {
  const auditor = new NonceAuditor({
    serverOf: ({ port }) => (port === COAPS_PORT ? "service" : undefined),
    cidLengthToServer: CID_LENGTH,
    cidLengthToClient: 0,
  });
  const repeats = new HandshakeRepeats(CID_LENGTH);
  let orphanedAnswers = 0;
  const reader = new PcapReader((payload, from, to) => {
    if (from.port === COAPS_PORT && from.address !== SERVICE_ADDRESS) orphanedAnswers += 1;
    auditor.observe(payload, from, to);
    const isToServer = to.port === COAPS_PORT;
    const client = isToServer ? from : to;
    repeats.observe(payload, `${client.address}:${client.port}`, isToServer);
  });
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    reader.push(chunk as Buffer);
  }
  reader.end();
  return {
    datagrams: reader.datagrams,
    sealedRecords: auditor.sealedRecords,
    unparsedDatagrams: auditor.unparsedDatagrams,
    orphanedAnswers,
    repeatedHandshakeMessages: repeats.count,
    violations: auditor.violations,
  };
}
