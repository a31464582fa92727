import { readFileSync } from "node:fs";
import { type CertificateConfig, parseCertificates } from "./certificate-config.ts";
import {
  type ClusterSecurity,
  parseClusterSecurity,
  refuseClusterSecurity,
} from "./cluster-security.ts";
import { ConfigError } from "./config-error.ts";
import {
  type HandoverConfig,
  parseHandover,
  parseStateFiles,
  type StateFileConfig,
} from "./handover-config.ts";
import { type KubernetesConfig, ownOrdinal, parseKubernetes } from "./kubernetes-config.ts";
import {
  type HostPort,
  parseHostPort,
  parseInteger,
  parseOptionalInteger,
  parseSecret,
} from "./option-values.ts";
import type { RawOptions } from "./options.ts";
import { addPskFile, addPskOption, PskStore } from "./psk-store.ts";

/** How the other nodes are found. */
export type DiscoveryConfig =
  | { readonly kind: "static"; readonly nodes: readonly HostPort[] }
  | { readonly kind: "dns"; readonly name: HostPort };

export interface ClusterConfig {
  readonly address: HostPort;
  readonly discovery: DiscoveryConfig;
  /** Nodes that must have been seen before this one is ready, itself included. */
  readonly initialNodes: number;
  readonly backward: boolean;
  /** Undefined: the cluster port is as safe as the network. */
  readonly security: ClusterSecurity | undefined;
}

/** Checked configuration of one server process. */
export interface ServerConfig {
  readonly nodeId: number;
  readonly coaps: HostPort;
  readonly coap: HostPort | undefined;
  readonly cluster: ClusterConfig | undefined;
  /** Undefined: the options alone say who the other nodes are. */
  readonly kubernetes: KubernetesConfig | undefined;
  readonly cookieSecret: Uint8Array | undefined;
  /** Undefined: no session is resumed. */
  readonly ticketSecret: Uint8Array | undefined;
  /** May be empty when there are certificates. */
  readonly psk: PskStore;
  readonly certificates: CertificateConfig | undefined;
  readonly cipherSuites: readonly string[] | undefined;
  /** Undefined: the Connection ID extension is not used. */
  readonly cidLength: number | undefined;
  readonly mtu: number;
  readonly maxConnections: number;
  readonly returnRoutability: "off" | "basic" | "enhanced";
  readonly replaceIdleMs: number | undefined;
  readonly maxConnectionsPerIdentity: number | undefined;
  readonly maxHandshakes: number;
  readonly maxHandshakeRate: number | undefined;
  readonly receiveBufferBytes: number;
  readonly batch: "auto" | "on" | "off";
  readonly statusIntervalMs: number;
  readonly notifyIntervalMs: number;
  readonly logLevel: string;
  readonly keyLog: string | undefined;
  readonly http: HostPort | undefined;
  readonly handover: HandoverConfig;
  readonly stateFiles: StateFileConfig;
}

const ANY_HOST = "::";
const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"];
const PATH_CHECK_MODES = ["off", "basic", "enhanced"] as const;
const BATCH_MODES = ["auto", "on", "off"] as const;
const MINIMUM_CLUSTER_CID_LENGTH = 5;

/** @throws ConfigError for the first value that is not accepted. */
export function parseConfig(raw: RawOptions, environment: NodeJS.ProcessEnv): ServerConfig {
  const cluster = raw.cluster === undefined ? undefined : parseCluster(raw, raw.cluster);
  if (cluster === undefined && (raw.clusterNodes ?? raw.clusterDns) !== undefined) {
    throw new ConfigError(
      "--cluster-nodes and --cluster-dns need --cluster, the own cluster address",
    );
  }
  if (cluster === undefined) refuseClusterSecurity(raw);
  if (raw.keyLog !== undefined && environment["NODE_ENV"] === "production") {
    throw new ConfigError("--key-log: refused because NODE_ENV is production");
  }
  const certificates = parseCertificates(raw, environment);
  return {
    nodeId: parseNodeId(raw, cluster !== undefined),
    coaps: parseHostPort("--coaps", raw.coaps, ANY_HOST),
    coap: raw.coap === "off" ? undefined : parseHostPort("--coap", raw.coap, ANY_HOST),
    cluster,
    kubernetes: parseKubernetes(raw, environment),
    cookieSecret:
      raw.cookieSecret === undefined
        ? undefined
        : parseSecret("--cookie-secret", raw.cookieSecret, 16),
    ticketSecret:
      raw.ticketSecret === undefined
        ? undefined
        : parseSecret("--ticket-secret", raw.ticketSecret, 16),
    psk: parsePsk(raw, environment, certificates !== undefined),
    certificates,
    cipherSuites: raw.cipher?.split(",").map((name) => name.trim()),
    cidLength: parseCidLength(raw.cidLength, cluster !== undefined),
    mtu: parseInteger("--mtu", raw.mtu, 256, 65507),
    maxConnections: parseInteger("--max-connections", raw.maxConnections, 1, 10_000_000),
    returnRoutability: parseChoice("--return-routability", raw.returnRoutability, PATH_CHECK_MODES),
    replaceIdleMs:
      raw.replaceIdle === undefined
        ? undefined
        : 60_000 * parseInteger("--replace-idle", raw.replaceIdle, 1, 10_000_000),
    maxConnectionsPerIdentity: parseOptionalInteger(
      "--max-connections-per-identity",
      raw.maxConnectionsPerIdentity,
      1,
      10_000_000,
    ),
    maxHandshakes: parseInteger("--max-handshakes", raw.maxHandshakes, 1, 1_000_000),
    maxHandshakeRate: parseOptionalInteger(
      "--max-handshake-rate",
      raw.maxHandshakeRate,
      1,
      1_000_000,
    ),
    receiveBufferBytes: parseInteger("--receive-buffer", raw.receiveBuffer, 4096, 2 ** 30),
    batch: parseChoice("--batch", raw.batch, BATCH_MODES),
    notifyIntervalMs: parseInteger("--notify-interval", raw.notifyInterval, 5, 86_400_000),
    statusIntervalMs: parseInteger("--status-interval", raw.statusInterval, 0, 86_400) * 1000,
    logLevel: parseChoice("--log-level", raw.logLevel, LOG_LEVELS),
    keyLog: raw.keyLog,
    http: raw.http === "off" ? undefined : parseHostPort("--http", raw.http, ANY_HOST),
    handover: parseHandover(raw, parseHostPort("--coaps", raw.coaps, ANY_HOST)),
    stateFiles: parseStateFiles(raw),
  };
}

function parseChoice<T extends string>(option: string, value: string, accepted: readonly T[]): T {
  const choice = accepted.find((candidate) => candidate === value);
  if (choice === undefined) {
    throw new ConfigError(
      `${option}: "${value}" is not accepted; give one of ${accepted.join(", ")}`,
    );
  }
  return choice;
}

function parseNodeId(raw: RawOptions, inCluster: boolean): number {
  if (raw.nodeId) return parseInteger("--node-id", raw.nodeId, 0, 255);
  const ordinal = ownOrdinal(raw);
  if (ordinal !== undefined && ordinal <= 255) return ordinal;
  if (inCluster) {
    throw new ConfigError(
      "--node-id: a cluster node needs its id, 0 to 255 (the name of the host or pod does not end in -NUMBER of at most 255)",
    );
  }
  return 0;
}

function parseCluster(raw: RawOptions, address: string): ClusterConfig {
  if (raw.clusterNodes !== undefined && raw.clusterDns !== undefined) {
    throw new ConfigError("--cluster-nodes and --cluster-dns exclude each other");
  }
  const nodes = (raw.clusterNodes ?? "")
    .split(",")
    .filter((node) => node.trim() !== "")
    .map((node) => parseHostPort("--cluster-nodes", node.trim(), "127.0.0.1"));
  const own = parseHostPort("--cluster", address, ANY_HOST);
  const others = nodes.filter((node) => node.host !== own.host || node.port !== own.port);
  const discovery: DiscoveryConfig =
    raw.clusterDns === undefined
      ? { kind: "static", nodes: others }
      : { kind: "dns", name: parseHostPort("--cluster-dns", raw.clusterDns, "localhost") };
  return {
    address: own,
    discovery,
    initialNodes:
      raw.initialNodes === undefined
        ? others.length + 1
        : parseInteger("--initial-nodes", raw.initialNodes, 1, 256),
    backward: raw.backward,
    security: parseClusterSecurity(raw),
  };
}

function parseCidLength(value: string | undefined, inCluster: boolean): number | undefined {
  if (value === undefined) return 6;
  if (!inCluster && value === "off") return undefined;
  const minimum = inCluster ? MINIMUM_CLUSTER_CID_LENGTH : 0;
  if (value === "off" || Number(value) < minimum) {
    throw new ConfigError(
      `--cid-length: "${value}" is too short for a cluster, whose Connection IDs name the node; give ${minimum} to 32`,
    );
  }
  return parseInteger("--cid-length", value, minimum, 32);
}

function parsePsk(
  raw: RawOptions,
  environment: NodeJS.ProcessEnv,
  hasCertificates: boolean,
): PskStore {
  const store = new PskStore();
  for (const value of raw.psk ?? []) addPskOption(store, "--psk", value);
  const listed = environment["DTLS_CLUSTER_PSK"];
  if (listed !== undefined && raw.psk === undefined) {
    for (const value of listed.split(",")) addPskOption(store, "DTLS_CLUSTER_PSK", value);
  }
  if (raw.pskFile !== undefined)
    addPskFile(store, raw.pskFile, readOption("--psk-file", raw.pskFile));
  if (store.size === 0 && !hasCertificates) {
    throw new ConfigError(
      "no pre-shared key and no certificate: give --psk IDENTITY:SECRET, --psk-file FILE (lines IDENTITY=BASE64) or --cert FILE",
    );
  }
  return store;
}

function readOption(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new ConfigError(`${option}: cannot read ${file} (${code})`);
  }
}
