import { ConfigError } from "./config-error.ts";

const MAX_IDENTITY_BYTES = 128;
const MAX_KEY_BYTES = 64;

/** Pre-shared keys by identity; an identity that ends with `*` stands for all with that prefix. */
export class PskStore {
  readonly #exact = new Map<string, Uint8Array>();
  readonly #prefixes: { readonly prefix: string; readonly key: Uint8Array }[] = [];

  get size(): number {
    return this.#exact.size + this.#prefixes.length;
  }

  add(identity: string, key: Uint8Array): void {
    if (identity.endsWith("*")) this.#prefixes.push({ prefix: identity.slice(0, -1), key });
    else this.#exact.set(identity, key);
  }

  /** The key of `identity` (its bytes as UTF-8), or undefined. The longest matching prefix wins. */
  find(identity: Uint8Array): Uint8Array | undefined {
    const text = Buffer.from(identity.buffer, identity.byteOffset, identity.length).toString(
      "utf8",
    );
    const exact = this.#exact.get(text);
    if (exact !== undefined) return exact;
    let best: { readonly prefix: string; readonly key: Uint8Array } | undefined;
    for (const candidate of this.#prefixes) {
      if (
        text.startsWith(candidate.prefix) &&
        candidate.prefix.length >= (best?.prefix.length ?? 0)
      )
        best = candidate;
    }
    return best?.key;
  }
}

/** Adds `IDENTITY:SECRET` of a command line, the secret as UTF-8 text. */
export function addPskOption(store: PskStore, option: string, value: string): void {
  const colon = value.lastIndexOf(":");
  if (colon < 1 || colon === value.length - 1) {
    throw new ConfigError(`${option}: accepted is IDENTITY:SECRET (the value is not shown)`);
  }
  addChecked(store, option, value.slice(0, colon), Buffer.from(value.slice(colon + 1), "utf8"));
}

/**
 * Adds the lines of a PSK file: `identity=BASE64` or `identity=:0xHEX`; `#` starts a comment line.
 * @throws ConfigError that names file and line, never the secret.
 */
export function addPskFile(store: PskStore, file: string, text: string): void {
  const before = store.size;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const where = `--psk-file: ${file} line ${index + 1}`;
    // Base64 may end in "=", so the separator is the first one after the identity.
    const separator = line.indexOf("=");
    if (separator < 1)
      throw new ConfigError(`${where}: expected IDENTITY=BASE64 or IDENTITY=:0xHEX`);
    addChecked(
      store,
      where,
      line.slice(0, separator).trim(),
      decodeKey(where, line.slice(separator + 1)),
    );
  }
  if (store.size === before) {
    throw new ConfigError(`--psk-file: ${file} holds no key; expected lines IDENTITY=BASE64`);
  }
}

function decodeKey(where: string, value: string): Buffer {
  const text = value.trim();
  if (text.startsWith(":0x")) {
    if (/^:0x([0-9a-fA-F]{2})+$/.test(text)) return Buffer.from(text.slice(3), "hex");
  } else if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    return Buffer.from(text, "base64");
  }
  throw new ConfigError(`${where}: the key is neither base64 nor :0xHEX (its text is not shown)`);
}

function addChecked(store: PskStore, where: string, identity: string, key: Buffer): void {
  const identityBytes = Buffer.byteLength(identity);
  if (identityBytes > MAX_IDENTITY_BYTES) {
    throw new ConfigError(
      `${where}: an identity has at most ${MAX_IDENTITY_BYTES} bytes, this one ${identityBytes}`,
    );
  }
  if (key.length < 1 || key.length > MAX_KEY_BYTES) {
    throw new ConfigError(
      `${where}: a key has 1 to ${MAX_KEY_BYTES} bytes, this one ${key.length}`,
    );
  }
  store.add(identity, new Uint8Array(key));
}
