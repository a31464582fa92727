import type { EndpointLimits, EndpointOptions, ResumptionOptions } from "./config.ts";
import type { Connection } from "./connection.ts";
import { copyBytes } from "./copy-bytes.ts";
import { type OwnCredential, parseCredentials } from "./credential.ts";
import { type CipherSuite, cipherSuiteByName, cipherSuites } from "./crypto/cipher-suites.ts";
import { type NamedGroup, namedGroups } from "./crypto/named-groups.ts";
import type { CertificateType, CryptoProvider, Entropy, GroupName } from "./crypto/provider.ts";
import { DtlsUsageError } from "./errors.ts";
import { fragmentLengths, MIN_RECORD_SIZE_LIMIT } from "./handshake/extensions/record-sizes.ts";
import type { Path } from "./path.ts";
import { maximumPlaintextLength } from "./record/record-header.ts";

/** The options of an endpoint after their one check, every default filled in. */
export interface EndpointConfig {
  readonly crypto: CryptoProvider;
  readonly entropy: Entropy;
  readonly isClient: boolean;
  readonly isServer: boolean;
  /** In order of preference; the limits of the options are part of the rows. */
  readonly cipherSuites: readonly CipherSuite[];
  readonly groups: readonly NamedGroup[];
  readonly credentials: readonly OwnCredential[];
  readonly clientAuthentication: "none" | "wanted" | "required";
  readonly clientCertificateTypes: readonly CertificateType[];
  /** Length of own CIDs; undefined when the extension is not used. */
  readonly connectionIdLength: number | undefined;
  readonly fillConnectionId: (target: Uint8Array) => void;
  readonly followsPath: boolean;
  readonly returnRoutability: "off" | "basic" | "enhanced";
  readonly prefersPath: (connection: Connection, path: Path) => boolean;
  readonly extendedMasterSecret: "required" | "enabled" | "disabled";
  readonly cookieSecret: Uint8Array;
  readonly resumption: ResumptionConfig;
  readonly retransmissionTimeoutMs: number;
  readonly maxRetransmissionTimeoutMs: number;
  readonly maxRetransmissions: number;
  readonly mtu: number;
  readonly recordSizeLimit: number | undefined;
  readonly maxFragmentLength: number | undefined;
  readonly limits: EndpointLimits;
  readonly keyLog: ((line: string) => void) | undefined;
  readonly wallClockOffset: number;
}

export interface ResumptionConfig {
  readonly ticketSecret: Uint8Array | undefined;
  /** 0 remembers none. */
  readonly maxSessions: number;
  readonly lifetimeMs: number;
}

/** Checks options once. @throws DtlsUsageError naming the option, its value and what is accepted. */
export function parseEndpointOptions(options: EndpointOptions): EndpointConfig {
  const { crypto, entropy, connectionId } = options;
  const role = oneOf("role", options.role ?? "both", ["client", "server", "both"]);
  const limits = parseLimits(options.limits ?? {});
  const retransmissionTimeoutMs = integer(
    "retransmissionTimeoutMs",
    options.retransmissionTimeoutMs ?? 1000,
    1,
    3_600_000,
  );
  return Object.freeze({
    crypto,
    entropy,
    isClient: role !== "server",
    isServer: role !== "client",
    cipherSuites: parseCipherSuites(options.cipherSuites, limits),
    groups: parseGroups(options.groups),
    credentials: parseCredentials("credentials", options.credentials ?? [], crypto),
    clientAuthentication: oneOf("clientAuthentication", options.clientAuthentication ?? "none", [
      "none",
      "wanted",
      "required",
    ]),
    clientCertificateTypes: parseTypes(
      "clientCertificateTypes",
      options.clientCertificateTypes ?? ["x509"],
    ),
    connectionIdLength:
      connectionId === undefined
        ? undefined
        : integer("connectionId.length", connectionId.length, 0, 32),
    fillConnectionId: connectionId?.fill ?? ((target: Uint8Array) => entropy.fill(target)),
    followsPath: options.followsPath ?? true,
    ...parsePathChecks(options),
    extendedMasterSecret: oneOf("extendedMasterSecret", options.extendedMasterSecret ?? "enabled", [
      "required",
      "enabled",
      "disabled",
    ]),
    cookieSecret: parseCookieSecret(options.cookieSecret, entropy),
    resumption: parseResumption(options.resumption ?? {}),
    retransmissionTimeoutMs,
    maxRetransmissionTimeoutMs: integer(
      "maxRetransmissionTimeoutMs",
      options.maxRetransmissionTimeoutMs ?? Math.max(60_000, retransmissionTimeoutMs),
      retransmissionTimeoutMs,
      3_600_000,
    ),
    maxRetransmissions: integer("maxRetransmissions", options.maxRetransmissions ?? 5, 0, 100),
    mtu: integer("mtu", options.mtu ?? 1232, 256, 65_507),
    recordSizeLimit: parseRecordSizeLimit(options.recordSizeLimit),
    maxFragmentLength: parseFragmentLength(options.maxFragmentLength),
    limits,
    keyLog: options.keyLog,
    wallClockOffset: finite("wallClockOffset", options.wallClockOffset ?? 0),
  });
}

function parsePathChecks({
  returnRoutability,
  prefersPath,
}: EndpointOptions): Pick<EndpointConfig, "returnRoutability" | "prefersPath"> {
  const modes = ["off", "basic", "enhanced"] as const;
  return {
    returnRoutability: oneOf("returnRoutability", returnRoutability ?? "off", modes),
    prefersPath: prefersPath ?? (() => true),
  };
}

function parseLimits(limits: Partial<EndpointLimits>): EndpointLimits {
  const bound = (name: keyof EndpointLimits, fallback: number, maximum: number): number =>
    integer(`limits.${name}`, limits[name] ?? fallback, 1, maximum);
  const optional = (name: keyof EndpointLimits, maximum: number): number | undefined =>
    limits[name] === undefined ? undefined : bound(name, limits[name], maximum);
  return Object.freeze({
    maxConnections: bound("maxConnections", 1_000_000, 2 ** 31),
    replaceIdleAfterMs: optional("replaceIdleAfterMs", 2 ** 40),
    maxConnectionsPerIdentity: optional("maxConnectionsPerIdentity", 2 ** 31),
    maxHandshakes: bound("maxHandshakes", 10_000, 2 ** 31),
    maxHandshakesPerSecond: optional("maxHandshakesPerSecond", 1_000_000),
    maxHandshakeMessageLength: bound("maxHandshakeMessageLength", 16_384, 2 ** 24 - 1),
    maxChainLength: bound("maxChainLength", 10, 100),
    maxReassemblyBytes: bound("maxReassemblyBytes", 32_768, 2 ** 31),
    maxForgeries: optional("maxForgeries", 2 ** 36),
    maxSequence: optional("maxSequence", 2 ** 48 - 1),
    handshakeLifetimeMs: bound("handshakeLifetimeMs", 60_000, 86_400_000),
  });
}

function parseCipherSuites(
  names: readonly string[] | undefined,
  limits: EndpointLimits,
): readonly CipherSuite[] {
  const rows: CipherSuite[] = [];
  for (const name of names ?? cipherSuites.map((suite) => suite.name)) {
    const suite = cipherSuiteByName(name);
    if (suite === undefined) {
      const known = cipherSuites.map((row) => row.name).join(", ");
      throw usage("cipherSuites", name, `any of ${known}`);
    }
    rows.push(withLimits(suite, limits));
  }
  if (rows.length === 0) throw usage("cipherSuites", "[]", "at least one suite");
  return Object.freeze(rows);
}

function parseGroups(names: readonly GroupName[] | undefined): readonly NamedGroup[] {
  const groups = (names ?? namedGroups.map(({ name }) => name)).map((name) => {
    const group = namedGroups.find((row) => row.name === name);
    if (group !== undefined) return group;
    throw usage("groups", name, `any of ${namedGroups.map((row) => row.name).join(", ")}`);
  });
  if (groups.length === 0) throw usage("groups", "[]", "at least one group");
  return Object.freeze(groups);
}

/** @throws DtlsUsageError naming `option` for an unknown type. */
export function parseTypes(
  option: string,
  types: readonly CertificateType[],
): readonly CertificateType[] {
  for (const type of types) oneOf(option, type, ["x509", "raw-public-key"]);
  return types;
}

/** The suite with the endpoint's own limits in place of those by suite. */
export function withLimits(suite: CipherSuite, limits: EndpointLimits): CipherSuite {
  return Object.freeze({
    ...suite,
    sealLimit: limits.maxSequence ?? suite.sealLimit,
    forgeryLimit: limits.maxForgeries ?? suite.forgeryLimit,
  });
}

function parseRecordSizeLimit(limit: number | undefined): number | undefined {
  if (limit === undefined) return undefined;
  return integer("recordSizeLimit", limit, MIN_RECORD_SIZE_LIMIT, maximumPlaintextLength);
}

function parseFragmentLength(length: number | undefined): number | undefined {
  if (length === undefined || fragmentLengths.includes(length)) return length;
  throw usage("maxFragmentLength", String(length), `any of ${fragmentLengths.join(", ")}`);
}

function parseCookieSecret(secret: Uint8Array | undefined, entropy: Entropy): Uint8Array {
  if (secret === undefined) {
    const own = new Uint8Array(32);
    entropy.fill(own);
    return own;
  }
  return parseSecret("cookieSecret", secret);
}

function parseResumption(options: ResumptionOptions): ResumptionConfig {
  const { ticketSecret, maxSessions = 0, lifetimeSeconds = 86_400 } = options;
  const seconds = integer("resumption.lifetimeSeconds", lifetimeSeconds, 1, 86_400);
  return Object.freeze({
    ticketSecret: ticketSecret && parseSecret("resumption.ticketSecret", ticketSecret),
    maxSessions: integer("resumption.maxSessions", maxSessions, 0, 10_000_000),
    lifetimeMs: seconds * 1000,
  });
}

function parseSecret(name: string, secret: Uint8Array): Uint8Array {
  if (secret.length < 16) throw usage(name, `${secret.length} bytes`, "at least 16 bytes");
  return copyBytes(secret);
}

function integer(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw usage(name, String(value), `an integer from ${minimum} to ${maximum}`);
  }
  return value;
}

function finite(name: string, value: number): number {
  if (!Number.isFinite(value)) throw usage(name, String(value), "a finite number");
  return value;
}

function oneOf<T extends string>(name: string, value: T, accepted: readonly T[]): T {
  if (!accepted.includes(value)) throw usage(name, String(value), `any of ${accepted.join(", ")}`);
  return value;
}

function usage(option: string, value: string, accepted: string): DtlsUsageError {
  return new DtlsUsageError(`${option} is ${value}, but must be ${accepted}`);
}
