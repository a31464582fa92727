import { isIP } from "node:net";
import { ConfigError } from "./config-error.ts";

/** A bind address or a peer: `host` may be a name, an IPv4 or an IPv6 address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const HOST_PORT = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;

/** Parses `host:port`, `[v6]:port` or `:port`; an absent host stands for `anyHost`. */
export function parseHostPort(option: string, value: string, anyHost: string): HostPort {
  const match = HOST_PORT.exec(value);
  const port = Number(match?.[3]);
  const bracketed = match?.[1];
  if (match === null || port > 65535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw new ConfigError(
      `${option}: "${value}" is not an address; accepted are HOST:PORT, [IPV6]:PORT and :PORT, with a port from 0 to 65535`,
    );
  }
  return { host: bracketed ?? (match[2] === "" ? anyHost : (match[2] as string)), port };
}

/** Parses a decimal integer within `minimum` and `maximum`. */
export function parseInteger(
  option: string,
  value: string,
  minimum: number,
  maximum: number,
): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
    throw new ConfigError(
      `${option}: "${value}" is not accepted; give an integer from ${minimum} to ${maximum}`,
    );
  }
  return number;
}

/** As {@link parseInteger}, for an option without a default. */
export function parseOptionalInteger(
  option: string,
  value: string | undefined,
  minimum: number,
  maximum: number,
): number | undefined {
  return value === undefined ? undefined : parseInteger(option, value, minimum, maximum);
}

/** Parses base64 (or base64url) of at least `minimumBytes`. The value is a secret: no error shows it. */
export function parseSecret(option: string, value: string, minimumBytes: number): Uint8Array {
  const text = value.trim();
  const bytes = Buffer.from(text, "base64");
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || bytes.length < minimumBytes) {
    throw new ConfigError(
      `${option}: the value is not base64 of at least ${minimumBytes} bytes (its text is not shown)`,
    );
  }
  return new Uint8Array(bytes);
}
