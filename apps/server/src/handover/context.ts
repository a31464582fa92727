import type { SocketAddress } from "@dtls-cluster/dtls";
import type { HandoverInput } from "@dtls-cluster/handover";
import type { HandoverConfig } from "../config/handover-config.ts";
import type { Logger } from "../log.ts";
import type { ClusterChannel } from "../node/cluster-channel.ts";
import type { SecureCoap } from "../node/secure-coap.ts";
import type { ConnectionTransfer } from "./connection-transfer.ts";
import type { ServingGate } from "./serving-gate.ts";

/** What both sides of a handover work with. */
export interface HandoverContext {
  readonly nodeId: number;
  readonly config: HandoverConfig;
  readonly secure: SecureCoap;
  readonly transfer: ConnectionTransfer;
  readonly gate: ServingGate;
  readonly channel: ClusterChannel;
  /** Where the double's cluster channel is, if that was given. */
  readonly doubleCluster: SocketAddress | undefined;
  readonly cookieSecret: Uint8Array;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Parts have new deadlines. */
  readonly rearm: () => void;
  readonly feed: (input: HandoverInput) => void;
  readonly log: Logger;
}

/** Serves: what waited is taken first. */
export function openGate({ gate, clock, rearm }: HandoverContext): void {
  gate.mode = "open";
  gate.release(clock());
  rearm();
}

/** Forgets all connections without a word to their clients. */
export function forgetConnections({ secure, clock }: HandoverContext): void {
  const now = clock();
  for (const connection of [...secure.dtls.connections()]) {
    secure.dtls.exportConnection(connection, now);
  }
}
