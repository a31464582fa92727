import { UsageError } from "./usage-error.ts";

/** PSK identity and secret of one client. */
export interface Credential {
  readonly identity: Uint8Array;
  readonly secret: Uint8Array;
}

/** @param client number of the client, counted over all processes. */
export type Credentials = (client: number) => Credential;

/** The reference server's demonstration identities: `cali.0000`, `cali.0001`, ... */
export const defaultPsk = "cali.*:.fornium";

const LONGEST_IDENTITY = 128;
const LONGEST_SECRET = 64;

/**
 * Reads `identity:secret`. The first colon separates; a `*` in the identity stands for the number of
 * the client, four digits at least, without it all clients share one identity.
 * @throws UsageError
 */
export function pskCredentials(option: string): Credentials {
  const colon = option.indexOf(":");
  if (colon < 1 || colon === option.length - 1) {
    throw new UsageError("--psk: identity:secret is accepted, for example cali.*:.fornium");
  }
  const secret = new TextEncoder().encode(option.slice(colon + 1));
  const pattern = option.slice(0, colon);
  checkLengths("--psk", pattern, secret);
  return (client) => ({ identity: identityOf(pattern, client), secret });
}

/**
 * Reads lines of `identity=base64`; empty lines and lines that begin with `#` are skipped. Client i
 * takes line i. A `*` in the last identity stands for the number of the client and serves all others.
 * @throws UsageError
 */
export function pskFileCredentials(
  text: string,
  file: string,
  firstClient: number,
  clients: number,
): Credentials {
  const entries = parseLines(text, file);
  const last = entries.at(-1);
  if (last === undefined) throw new UsageError(`--psk-file "${file}": no line identity=base64`);
  const serves = last.pattern.includes("*") ? Number.POSITIVE_INFINITY : entries.length;
  if (serves < firstClient + clients) {
    throw new UsageError(
      `--psk-file "${file}": ${entries.length} identities for ${firstClient + clients} clients; ` +
        "add lines or let the last identity contain a *",
    );
  }
  return (client) => {
    const entry = entries[client] ?? last;
    return { identity: identityOf(entry.pattern, client), secret: entry.secret };
  };
}

interface PskLine {
  readonly pattern: string;
  readonly secret: Uint8Array;
}

function parseLines(text: string, file: string): PskLine[] {
  const entries: PskLine[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `--psk-file "${file}" line ${index + 1}`;
    const equals = line.indexOf("=");
    const encoded = line.slice(equals + 1);
    if (equals < 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
      throw new UsageError(`${where}: identity=base64 is accepted`);
    }
    const pattern = line.slice(0, equals);
    const secret = new Uint8Array(Buffer.from(encoded, "base64"));
    checkLengths(where, pattern, secret);
    entries.push({ pattern, secret });
  }
  return entries;
}

function checkLengths(where: string, pattern: string, secret: Uint8Array): void {
  if (new TextEncoder().encode(pattern).length > LONGEST_IDENTITY - 16) {
    throw new UsageError(`${where}: the identity may have up to ${LONGEST_IDENTITY - 16} bytes`);
  }
  if (secret.length < 1 || secret.length > LONGEST_SECRET) {
    throw new UsageError(`${where}: the secret may have 1 to ${LONGEST_SECRET} bytes`);
  }
}

function identityOf(pattern: string, client: number): Uint8Array {
  return new TextEncoder().encode(pattern.replaceAll("*", String(client).padStart(4, "0")));
}
