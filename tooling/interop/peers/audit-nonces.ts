import { NonceAuditor } from "@dtls-cluster/testkit";
import type { ProxiedDatagram } from "../src/index.ts";

/** Lengths of the Connection IDs in the records of either direction. */
export interface CidLengths {
  readonly toServer: number;
  readonly toClient: number;
}

const address = "127.0.0.1";

/**
 * Finds nonces that either side used twice, also among datagrams that were lost.
 * @returns the number of sealed records. @throws TestkitError
 */
export function auditNonces(datagrams: readonly ProxiedDatagram[], lengths: CidLengths): number {
  const server = { address, port: 0 };
  const auditor = new NonceAuditor({
    serverOf: ({ port }) => (port === server.port ? "server" : undefined),
    cidLengthToServer: lengths.toServer,
    cidLengthToClient: lengths.toClient,
  });
  for (const { bytes, toServer, clientPort } of datagrams) {
    const client = { address, port: clientPort };
    auditor.observe(bytes, toServer ? client : server, toServer ? server : client);
  }
  auditor.assertClean();
  return auditor.sealedRecords;
}
