import type { ConnectionState, Entropy } from "@dtls-cluster/dtls";
import { readCaliforniumState, writeCaliforniumState } from "@dtls-cluster/state/californium";

/** Takes what can be taken and says of every other connection why it cannot. */
export function takeOver(downloaded: Uint8Array, take: (state: ConnectionState) => void): string[] {
  const found = readCaliforniumState(downloaded, { wallTime: Date.now() });
  for (const state of found.connections) take(state);
  return found.refused.map(({ connectionId, reasons }) => `${connectionId}: ${reasons.join(", ")}`);
}

/** For a connector of Californium 4.0 on port 5784; version 4 is for 3.x. */
export function giveBack(states: readonly ConnectionState[], entropy: Entropy): Uint8Array {
  const label = "dtls://0.0.0.0:5784";
  const options = { version: 5, label, wallTime: Date.now(), entropy } as const;
  return writeCaliforniumState(states, options).bytes;
}
