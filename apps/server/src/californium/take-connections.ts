import { type ConnectionState, DtlsUsageError } from "@dtls-cluster/dtls";
import { FIRST_GENERATION } from "@dtls-cluster/handover";
import {
  type CaliforniumImport,
  type IsConnector,
  isConnectorLabel,
} from "@dtls-cluster/state/californium";
import type { CaliforniumConfig } from "../config/californium-config.ts";
import type { Logger } from "../log.ts";
import type { SecureCoap } from "../node/secure-coap.ts";

/**
 * Californium knows no generations: it counts as the first one. So whoever else still holds what it saved seals in
 * another block of sequence numbers than this node.
 */
export const CALIFORNIUM_GENERATION: number = FIRST_GENERATION;

export interface TakeContext {
  readonly nodeId: number;
  /** Other nodes look at the first byte of a CID; false for a server that stands alone. */
  readonly isClustered: boolean;
  readonly secure: SecureCoap;
  readonly clock: () => number;
  readonly log: Logger;
}

/** What became of the connections of a saved state. */
export interface TakenConnections {
  readonly connections: number;
  readonly refused: number;
}

/** A connector of Californium may have a configured name, which is no URI. */
export function connectorsOf({ label }: CaliforniumConfig): IsConnector {
  return (other) => other === label || isConnectorLabel(other);
}

/** Imports all that can be gone on with, and says of every other one why it cannot. */
export function takeConnections(found: CaliforniumImport, context: TakeContext): TakenConnections {
  const { secure, clock, log } = context;
  let connections = 0;
  let refused = found.refused.length;
  for (const { component, item, connectionId, reasons } of found.refused) {
    refuse(log, { component, item, cid: connectionId }, reasons.join("; "));
  }
  for (const state of found.connections) {
    const cid = state.readConnectionId && Buffer.from(state.readConnectionId).toString("hex");
    const reason = foreignNode(state.readConnectionId, context) ?? anonymous(state, context);
    try {
      if (reason !== undefined) throw new DtlsUsageError(reason);
      secure.dtls.importConnection(state, clock());
      connections += 1;
    } catch (error) {
      if (!(error instanceof DtlsUsageError)) throw error;
      refused += 1;
      refuse(log, { cid, peer: `${state.peer.address}:${state.peer.port}` }, error.message);
    }
  }
  for (const { label, isConnector, items } of found.components) {
    if (isConnector) continue;
    const line = { event: "component-skipped", label, items };
    log.warn(
      line,
      `"${label}" is no DTLS connector: ${items} items were skipped; if it is one, name it by --californium-label`,
    );
  }
  return { connections, refused };
}

/** Why the records of a connection would go to another node. */
function foreignNode(
  connectionId: Uint8Array | undefined,
  { isClustered, nodeId }: TakeContext,
): string | undefined {
  const named = connectionId?.[0];
  if (!isClustered || named === undefined || named === nodeId) return undefined;
  return `its Connection ID names node ${named}, and this is node ${nodeId}`;
}

/** Why a client that Californium let in would not get in here. */
function anonymous(
  { pskIdentity, peerCertificate }: ConnectionState,
  { secure }: TakeContext,
): string | undefined {
  const isKnown = pskIdentity.length > 0 || peerCertificate !== undefined;
  return isKnown || !secure.needsClientCertificate
    ? undefined
    : "its client has shown no certificate, and --client-auth is required here";
}

function refuse(log: Logger, fields: Readonly<Record<string, unknown>>, reason: string): void {
  const line = { event: "connection-refused", ...fields, reason };
  log.warn(line, `a connection of Californium is not taken over: ${reason}`);
}
