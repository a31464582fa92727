/** What a saved connection's keys look like, and who it authenticated with. */
export interface SavedSuite {
  /** IANA number. */
  readonly id: number;
  /** IANA name. */
  readonly name: string;
  readonly protection: "aead" | "cbc";
  readonly keyExchange: "psk" | "ecdhe-psk" | "ecdhe-ecdsa" | "ecdhe-rsa";
  /** Bytes of the encryption key. */
  readonly keyLength: number;
  /** Bytes of the MAC key, 0 for AEAD. */
  readonly macKeyLength: number;
  /** Bytes of the tag of AEAD, else 0. */
  readonly tagLength: number;
}

/** Bytes of the implicit part of the nonce of every AEAD suite here. */
export const fixedIvLength = 4;

const names: readonly (readonly [id: number, name: string])[] = [
  [0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"],
  [0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384"],
  [0xd003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"],
  [0xd005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"],
  [0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256"],
  [0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384"],
  [0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8"],
  [0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8"],
  [0xc0a4, "TLS_PSK_WITH_AES_128_CCM"],
  [0xc0a5, "TLS_PSK_WITH_AES_256_CCM"],
  [0xc06a, "TLS_PSK_WITH_ARIA_128_GCM_SHA256"],
  [0xc06b, "TLS_PSK_WITH_ARIA_256_GCM_SHA384"],
  [0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"],
  [0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256"],
  [0xc06c, "TLS_ECDHE_PSK_WITH_ARIA_128_CBC_SHA256"],
  [0xc064, "TLS_PSK_WITH_ARIA_128_CBC_SHA256"],
  [0xc065, "TLS_PSK_WITH_ARIA_256_CBC_SHA384"],
  [0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  [0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"],
  [0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"],
  [0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"],
  [0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"],
  [0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"],
  [0xc05c, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"],
  [0xc05d, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384"],
  [0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"],
  [0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"],
  [0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"],
  [0xc048, "TLS_ECDHE_ECDSA_WITH_ARIA_128_CBC_SHA256"],
  [0xc049, "TLS_ECDHE_ECDSA_WITH_ARIA_256_CBC_SHA384"],
  [0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
  [0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
  [0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"],
  [0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"],
  [0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"],
  [0xc060, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"],
  [0xc061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"],
];

const suites: ReadonlyMap<number, SavedSuite> = new Map(
  names.map(([id, name]) => [id, suiteOfName(id, name)]),
);

/** The suite of an IANA number, undefined for one that Californium does not have. */
export function savedSuite(id: number): SavedSuite | undefined {
  return suites.get(id);
}

/** The suites whose saved connections are taken over: those that the engine has, too. */
export const supportedSuites: readonly number[] = [
  0x00a8, 0x00a9, 0xc0a4, 0xc0a5, 0xc0a8, 0xc0a9, 0xd001, 0xd002, 0xd003, 0xc02b, 0xc02c, 0xc0ac,
  0xc0ae,
];

/** As `0xC0A8 (TLS_PSK_WITH_AES_128_CCM_8)`. */
export function suiteText(id: number): string {
  const number = `0x${id.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = suites.get(id)?.name;
  return name === undefined ? number : `${number} (${name})`;
}

function suiteOfName(id: number, name: string): SavedSuite {
  const protection = name.includes("_CBC_") ? "cbc" : "aead";
  return {
    id,
    name,
    protection,
    keyExchange: keyExchangeOf(name),
    keyLength: name.includes("_256_") ? 32 : 16,
    macKeyLength: protection === "cbc" ? macLength(name) : 0,
    tagLength: protection === "cbc" ? 0 : name.includes("_CCM_8") ? 8 : 16,
  };
}

function keyExchangeOf(name: string): SavedSuite["keyExchange"] {
  if (name.startsWith("TLS_ECDHE_PSK_")) return "ecdhe-psk";
  if (name.startsWith("TLS_ECDHE_ECDSA_")) return "ecdhe-ecdsa";
  return name.startsWith("TLS_ECDHE_RSA_") ? "ecdhe-rsa" : "psk";
}

function macLength(name: string): number {
  if (name.endsWith("_SHA384")) return 48;
  return name.endsWith("_SHA256") ? 32 : 20;
}
