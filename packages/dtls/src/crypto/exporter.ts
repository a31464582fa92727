import { Writer } from "../codec/writer.ts";
import { prf } from "./prf.ts";
import type { CryptoProvider, HashName } from "./provider.ts";

/** Labels that the protocol itself uses; material under them would be its secrets (RFC 5705 section 4). */
const reservedLabels: readonly string[] = [
  "client finished",
  "server finished",
  "master secret",
  "extended master secret",
  "key expansion",
];

export function isReservedLabel(label: string): boolean {
  return reservedLabels.includes(label);
}

/**
 * Keying material for another protocol (RFC 5705 section 4).
 * @param context undefined gives other material than an empty one.
 */
export function exportKeyingMaterial(
  crypto: CryptoProvider,
  hash: HashName,
  session: {
    readonly masterSecret: Uint8Array;
    readonly clientRandom: Uint8Array;
    readonly serverRandom: Uint8Array;
  },
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  const seed = new Writer().bytes(session.clientRandom).bytes(session.serverRandom);
  if (context !== undefined) seed.opaque16(context);
  return prf(crypto, hash, session.masterSecret, label, seed.finish(), length);
}
