import { DtlsUsageError } from "@dtls-cluster/dtls";

/** A key as bytes, or a text that stands for its UTF-8. */
export type KeyInput = Uint8Array | string;

/** The key of an identity, now or later; undefined for one that is unknown. */
export type PskLookup = (
  identity: string,
  bytes: Uint8Array,
) => KeyInput | undefined | Promise<KeyInput | undefined>;

/** What a server is given: keys by identity, or a function that finds them. */
export type PskStore = Readonly<Record<string, KeyInput>> | PskLookup;

export function bytesOf(input: KeyInput): Uint8Array {
  return typeof input === "string" ? new TextEncoder().encode(input) : input;
}

/** @throws DtlsUsageError when it is neither a function nor an object */
export function lookupOf(store: PskStore): PskLookup {
  if (typeof store === "function") return store;
  if (typeof store !== "object" || store === null) {
    throw new DtlsUsageError("psk must be an object of keys by identity, or a function");
  }
  const keys = new Map(Object.entries(store));
  return (identity) => keys.get(identity);
}
