import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import type { Connection, ConnectionState } from "@dtls-cluster/dtls";
import { type CaliforniumExport, writeCaliforniumState } from "@dtls-cluster/state/californium";
import type { CaliforniumConfig } from "../config/californium-config.ts";
import type { Logger } from "../log.ts";
import type { SecureCoap } from "../node/secure-coap.ts";

export interface GiveContext {
  readonly config: CaliforniumConfig;
  readonly staleMs: number;
  readonly secure: SecureCoap;
  readonly log: Logger;
}

/**
 * All connections as Californium saves them. Says of every one that it cannot have, why.
 * @param take copies a connection, or moves it out of the endpoint
 */
export function giveConnections(
  take: (connection: Connection) => ConnectionState | undefined,
  { config, staleMs, secure, log }: GiveContext,
): CaliforniumExport & { readonly skipped: number } {
  const states: ConnectionState[] = [];
  let skipped = 0;
  for (const connection of secure.dtls.connections()) {
    const state = take(connection);
    if (state === undefined) continue;
    if (state.idleMs > staleMs) skipped += 1;
    else states.push(state);
  }
  const { version, label } = config;
  const entropy = createNodeEntropy();
  const given = writeCaliforniumState(states, { version, label, wallTime: Date.now(), entropy });
  for (const { index, reasons } of given.unwritten) {
    const { readConnectionId, peer } = states[index] as ConnectionState;
    const cid = readConnectionId && Buffer.from(readConnectionId).toString("hex");
    const reason = reasons.join("; ");
    const line = {
      event: "connection-not-given",
      cid,
      peer: `${peer.address}:${peer.port}`,
      reason,
    };
    log.warn(line, `a connection cannot be given to Californium: ${reason}`);
  }
  return { ...given, skipped };
}
