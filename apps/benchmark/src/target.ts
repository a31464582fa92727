import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { UsageError } from "./usage-error.ts";

/** One node to load, its name resolved. */
export interface Target {
  readonly scheme: "coap" | "coaps";
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  /** Path segments and query parameters, decoded, in order: the CoAP options they become. */
  readonly uriPath: readonly string[];
  readonly uriQuery: readonly string[];
  /** The URI as it was given. */
  readonly uri: string;
}

const DEFAULT_PORT = { coap: 5683, coaps: 5684 } as const;
const LONGEST_OPTION = 255;

/**
 * Reads the URIs and resolves each name once, IPv4 first.
 * @throws UsageError for anything that is not `coap[s]://host[:port][/path][?query]`, for unknown
 *   names and for URIs that differ in more than the address.
 */
export async function resolveTargets(uris: readonly string[]): Promise<Target[]> {
  const parsed = uris.map(parseUri);
  const [first] = parsed;
  if (first === undefined) {
    throw new UsageError("URI: at least one coaps://host:port/path or coap://host:port/path");
  }
  for (const other of parsed) {
    if (
      other.scheme !== first.scheme ||
      other.uriPath.join("/") !== first.uriPath.join("/") ||
      other.uriQuery.join("&") !== first.uriQuery.join("&")
    ) {
      throw new UsageError(
        `URI "${other.uri}": scheme, path and query must be those of "${first.uri}"`,
      );
    }
  }
  return Promise.all(parsed.map(resolve));
}

type Unresolved = Omit<Target, "address" | "family"> & { readonly host: string };

function parseUri(uri: string): Unresolved {
  const problem = (what: string): UsageError =>
    new UsageError(`URI "${uri}": ${what}; coap[s]://host[:port][/path][?query] is accepted`);
  const match =
    /^(coaps?):\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^/?#:[\]@]+))(?::(\d*))?(\/[^?#]*)?(?:\?([^#]*))?$/.exec(
      uri,
    );
  if (match === null) throw problem("not understood");
  const scheme = match[1] as "coap" | "coaps";
  const host = match[2] ?? (match[3] as string);
  if (match[2] !== undefined && isIP(host) !== 6) throw problem("not an IPv6 address");
  const port = match[4] === undefined || match[4] === "" ? DEFAULT_PORT[scheme] : Number(match[4]);
  if (port < 1 || port > 65_535) throw problem("the port must be 1 to 65535");
  return {
    scheme,
    host,
    port,
    uri,
    uriPath: decodeParts((match[5] ?? "").slice(1), "/", problem),
    uriQuery: decodeParts(match[6] ?? "", "&", problem),
  };
}

function decodeParts(
  text: string,
  separator: string,
  problem: (what: string) => UsageError,
): string[] {
  if (text === "") return [];
  return text.split(separator).map((part) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(part);
    } catch {
      throw problem(`"${part}" is not percent-encoded UTF-8`);
    }
    if (new TextEncoder().encode(decoded).length > LONGEST_OPTION) {
      throw problem(`a part is longer than ${LONGEST_OPTION} bytes`);
    }
    return decoded;
  });
}

async function resolve({ host, ...rest }: Unresolved): Promise<Target> {
  const family = isIP(host);
  if (family === 4 || family === 6) return { ...rest, address: host, family };
  try {
    const found = await lookup(host, { order: "ipv4first" });
    return { ...rest, address: found.address, family: found.family === 6 ? 6 : 4 };
  } catch {
    throw new UsageError(`URI "${rest.uri}": the name "${host}" has no address`);
  }
}
