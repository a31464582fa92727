import { ConfigError } from "./config-error.ts";
import type { HostPort } from "./option-values.ts";
import type { RawOptions } from "./options.ts";

/** How connections are written for Californium. */
export interface CaliforniumConfig {
  /** Of its DTLSContext. */
  readonly version: 4 | 5;
  /** Names the connector that loads them. */
  readonly label: string;
}

/** @throws ConfigError */
export function parseCalifornium(raw: RawOptions, coaps: HostPort): CaliforniumConfig {
  const { californiumVersion, californiumLabel } = raw;
  if (californiumVersion !== "4" && californiumVersion !== "5") {
    throw new ConfigError(
      `--californium-version: "${californiumVersion}" is not accepted; give 4 or 5`,
    );
  }
  if (californiumLabel === "") {
    throw new ConfigError("--californium-label: it is empty; give a URI as dtls://0.0.0.0:5784");
  }
  return {
    version: californiumVersion === "4" ? 4 : 5,
    label: californiumLabel ?? labelOf(coaps),
  };
}

/** As Californium calls a connector that is bound to this address. */
function labelOf({ host, port }: HostPort): string {
  if (host === "::") return `dtls://0.0.0.0:${port}`;
  return `dtls://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
