import type { GroupName } from "./provider.ts";

/** A group of the elliptic curve key exchange: IANA number and bytes of a public value on the wire. */
export interface NamedGroup {
  readonly id: number;
  readonly name: GroupName;
}

/** The groups in the order of preference (RFC 8422 section 5.1.1). */
export const namedGroups: readonly NamedGroup[] = Object.freeze([
  { id: 29, name: "x25519" },
  { id: 23, name: "secp256r1" },
  { id: 24, name: "secp384r1" },
]);

export function namedGroupById(id: number): NamedGroup | undefined {
  return namedGroups.find((group) => group.id === id);
}
