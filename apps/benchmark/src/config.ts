import type { ClientCertificates } from "./certificates.ts";
import type { Credentials } from "./credentials.ts";
import type { Target } from "./target.ts";

export type Method = "GET" | "POST" | "PUT";

/** Everything that a run needs to know. Durations are milliseconds. */
export interface BenchmarkConfig {
  /** The nodes, at least one. All of one scheme, path and query. */
  readonly targets: readonly Target[];
  readonly clients: number;
  /** Number of the first client: a second process goes on where the first one ends. */
  readonly firstClient: number;
  /** Number, from 0 on, of the target that all clients make their handshake with; undefined: in turn. */
  readonly home: number | undefined;
  /** Requests of all clients together; undefined: until `durationMs` is over. */
  readonly requests: number | undefined;
  /** Length of the load, without handshakes; undefined: until all `requests` are answered. */
  readonly durationMs: number | undefined;
  /** From one request of a client to its next one; undefined: as soon as the answer is there. */
  readonly intervalMs: number | undefined;
  readonly credentials: Credentials;
  /** In place of the credentials: certificates or raw public keys. */
  readonly certificates: ClientCertificates | undefined;
  /** IANA names in order of preference. */
  readonly cipherSuites: readonly string[];
  /** Length of the client's own CID; 0 takes the server's and has none; undefined: no extension. */
  readonly connectionIdLength: number | undefined;
  readonly confirmable: boolean;
  readonly method: Method;
  readonly payloadSize: number;
  /** Check code and length of each answer. */
  readonly verify: boolean;
  readonly maxRetransmit: number;
  readonly ackTimeoutMs: number;
  readonly ackRandomFactor: number;
  /** Longest wait for an answer after the acknowledgement, or to a non-confirmable request. */
  readonly responseTimeoutMs: number;
  /** Pause of a client after a request was given up. */
  readonly errorPauseMs: number;
  /** Send the datagrams of each client to all targets in turn. */
  readonly spread: boolean;
  /** Requests of a client after which it takes a new source port; undefined: never. */
  readonly rebindEvery: number | undefined;
  /** Most handshakes started in a second; undefined: only bounded by `handshakesAtOnce`. */
  readonly handshakeRate: number | undefined;
  readonly handshakesAtOnce: number;
  readonly handshakeTimeoutMs: number;
  /** How long requests in flight are waited for when the load ends. */
  readonly graceMs: number;
  readonly reportIntervalMs: number;
  readonly maxRetransmissionPercent: number;
  readonly maxErrors: number;
}

/** Every default in one place; `targets` is what a caller must add. */
export const defaultConfig: Omit<BenchmarkConfig, "targets" | "credentials"> = {
  certificates: undefined,
  clients: 2000,
  firstClient: 0,
  home: undefined,
  requests: undefined,
  durationMs: 60_000,
  intervalMs: undefined,
  cipherSuites: ["TLS_PSK_WITH_AES_128_CCM_8"],
  connectionIdLength: 0,
  confirmable: true,
  method: "POST",
  payloadSize: 40,
  verify: true,
  maxRetransmit: 4,
  ackTimeoutMs: 2000,
  ackRandomFactor: 1.5,
  responseTimeoutMs: 30_000,
  errorPauseMs: 1000,
  spread: false,
  rebindEvery: undefined,
  handshakeRate: undefined,
  handshakesAtOnce: 100,
  handshakeTimeoutMs: 30_000,
  graceMs: 10_000,
  reportIntervalMs: 10_000,
  maxRetransmissionPercent: 100,
  maxErrors: 0,
};
