import type { GroupName } from "./provider.ts";

/** A group of the elliptic curve key exchange with its IANA number. */
export interface NamedGroup {
  readonly id: number;
  readonly name: GroupName;
}

/**
 * The groups in the order of preference (RFC 8422 section 5.1.1): P-256 first, which small devices have in hardware
 * (RFC 7925 section 4.4), and which costs node:crypto less than X25519 (bench/handshake.bench.ts).
 */
export const namedGroups: readonly NamedGroup[] = Object.freeze([
  { id: 23, name: "secp256r1" },
  { id: 29, name: "x25519" },
  { id: 24, name: "secp384r1" },
]);

export function namedGroupById(id: number): NamedGroup | undefined {
  return namedGroups.find((group) => group.id === id);
}
