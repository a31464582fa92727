import { appendFileSync } from "node:fs";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import type { EndpointOptions } from "@dtls-cluster/dtls";
import { type CidLayout, createCidLayout } from "@dtls-cluster/wire";
import type { ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

/** The layout of the Connection IDs that name this node; undefined for a server that stands alone. */
export function clusterCidLayout(config: ServerConfig): CidLayout | undefined {
  if (config.cluster === undefined || config.cidLength === undefined) return undefined;
  return createCidLayout({
    nodeId: config.nodeId,
    length: config.cidLength,
    entropy: createNodeEntropy(),
  });
}

/** The engine's options for this server. */
export function dtlsOptions(
  config: ServerConfig,
  layout: CidLayout | undefined,
  cookieSecret: Uint8Array,
): EndpointOptions {
  return {
    crypto: createNodeCrypto(),
    entropy: createNodeEntropy(),
    role: "server",
    mtu: config.mtu,
    returnRoutability: config.returnRoutability,
    wallClockOffset: performance.timeOrigin,
    limits: {
      maxConnections: config.maxConnections,
      replaceIdleAfterMs: config.replaceIdleMs,
      maxConnectionsPerIdentity: config.maxConnectionsPerIdentity,
      maxHandshakes: config.maxHandshakes,
      maxHandshakesPerSecond: config.maxHandshakeRate,
    },
    ...(config.cipherSuites === undefined ? {} : { cipherSuites: config.cipherSuites }),
    ...certificateOptions(config),
    cookieSecret,
    ...(config.ticketSecret === undefined
      ? {}
      : { resumption: { ticketSecret: config.ticketSecret } }),
    ...(config.cidLength === undefined
      ? {}
      : {
          connectionId:
            layout === undefined
              ? { length: config.cidLength }
              : { length: layout.length, fill: layout.fill },
        }),
    ...(config.keyLog === undefined ? {} : { keyLog: keyLogTo(config.keyLog) }),
  };
}

function certificateOptions({ certificates }: ServerConfig): Partial<EndpointOptions> {
  if (certificates === undefined) return {};
  const { own, clientAuthentication, trust, publicKeys } = certificates;
  return {
    credentials: own.map(({ credential }) => credential),
    clientAuthentication,
    clientCertificateTypes: [
      ...(trust.length > 0 ? (["x509"] as const) : []),
      ...(publicKeys.length > 0 ? (["raw-public-key"] as const) : []),
    ],
  };
}

function keyLogTo(file: string): (line: string) => void {
  const append = (text: string): void => appendFileSync(file, text, { mode: 0o600 });
  try {
    append("");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new ConfigError(`--key-log: cannot write ${file} (${code})`);
  }
  return (line) => append(`${line}\n`);
}
