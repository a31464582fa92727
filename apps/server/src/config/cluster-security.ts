import { ConfigError } from "./config-error.ts";
import { parseSecret } from "./option-values.ts";
import type { RawOptions } from "./options.ts";

/** Protection of the cluster channel. */
export interface ClusterSecurity {
  readonly level: "dtls" | "dtls-mac";
  readonly identity: Uint8Array;
  readonly secret: Uint8Array;
}

const LEVELS = ["udp", "dtls", "dtls-mac"];
const MINIMUM_SECRET_BYTES = 8;
const MAXIMUM_SECRET_BYTES = 512;
const MAXIMUM_IDENTITY_BYTES = 128;

/** The protection that the options ask for; undefined for the level udp. @throws ConfigError */
export function parseClusterSecurity(raw: RawOptions): ClusterSecurity | undefined {
  const { clusterIdentity, clusterSecret, clusterLevel } = raw;
  if (clusterLevel !== undefined && !LEVELS.includes(clusterLevel)) {
    throw new ConfigError(
      `--cluster-level: "${clusterLevel}" is not accepted; give one of ${LEVELS.join(", ")}`,
    );
  }
  if (clusterIdentity === undefined && clusterSecret === undefined) {
    if (clusterLevel === undefined || clusterLevel === "udp") return undefined;
    throw new ConfigError(
      `--cluster-level ${clusterLevel} needs --cluster-identity and --cluster-secret`,
    );
  }
  if (clusterIdentity === undefined || clusterSecret === undefined) {
    throw new ConfigError(
      "--cluster-identity and --cluster-secret need each other: give both or neither",
    );
  }
  if (clusterLevel === "udp") {
    throw new ConfigError(
      "--cluster-level udp protects nothing: leave --cluster-identity and --cluster-secret out, or give dtls or dtls-mac",
    );
  }
  return {
    level: clusterLevel === "dtls" ? "dtls" : "dtls-mac",
    identity: parseIdentity(clusterIdentity),
    secret: parseClusterSecret(clusterSecret),
  };
}

/** @throws ConfigError when protection is asked for where there is no cluster. */
export function refuseClusterSecurity(raw: RawOptions): void {
  const given = [
    raw.clusterIdentity === undefined ? undefined : "--cluster-identity",
    raw.clusterSecret === undefined ? undefined : "--cluster-secret",
    raw.clusterLevel === undefined ? undefined : "--cluster-level",
  ].find((option) => option !== undefined);
  if (given !== undefined) {
    throw new ConfigError(`${given} needs --cluster, the own cluster address`);
  }
}

function parseIdentity(text: string): Uint8Array {
  const identity = new TextEncoder().encode(text);
  if (identity.length < 1 || identity.length > MAXIMUM_IDENTITY_BYTES) {
    throw new ConfigError(
      `--cluster-identity: it has ${identity.length} bytes, accepted are 1 to ${MAXIMUM_IDENTITY_BYTES}`,
    );
  }
  return identity;
}

function parseClusterSecret(text: string): Uint8Array {
  const secret = parseSecret("--cluster-secret", text, MINIMUM_SECRET_BYTES);
  if (secret.length > MAXIMUM_SECRET_BYTES) {
    throw new ConfigError(
      `--cluster-secret: it has ${secret.length} bytes, accepted are ${MINIMUM_SECRET_BYTES} to ${MAXIMUM_SECRET_BYTES}`,
    );
  }
  return secret;
}
