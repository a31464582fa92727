/**
 * CoAP/DTLS load client that counts retransmissions.
 *
 * @packageDocumentation
 */
export { type RunOptions, runBenchmark } from "./benchmark.ts";
export { type Command, readCommandLine } from "./command-line.ts";
export { type BenchmarkConfig, defaultConfig, type Method } from "./config.ts";
export { type Credential, type Credentials, pskCredentials } from "./credentials.ts";
export type { DurationSummary } from "./histogram.ts";
export type { Interval, Report } from "./report.ts";
export { intervalLine, totalLines } from "./report-text.ts";
export type { ClientSocket, SocketReceiver, Surroundings } from "./surroundings.ts";
export type { Second } from "./tally.ts";
export { resolveTargets, type Target } from "./target.ts";
export { UsageError } from "./usage-error.ts";
