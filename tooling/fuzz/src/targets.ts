import type { FuzzTarget } from "./fuzz-target.ts";
import { californiumState } from "./targets/californium-state.ts";
import { clusterFrames } from "./targets/cluster-frames.ts";
import { coapEndpoint } from "./targets/coap-endpoint.ts";
import { coapMessage } from "./targets/coap-message.ts";
import { dtlsDatagrams } from "./targets/dtls-datagrams.ts";
import { dtlsHandshake } from "./targets/dtls-handshake.ts";
import { savedState } from "./targets/saved-state.ts";

export const targets: readonly FuzzTarget[] = [
  dtlsDatagrams,
  dtlsHandshake,
  coapMessage,
  coapEndpoint,
  clusterFrames,
  savedState,
  californiumState,
];

/** @throws Error for a name that is none */
export function targetByName(name: string): FuzzTarget {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`no fuzz target is named "${name}"`);
  return target;
}
