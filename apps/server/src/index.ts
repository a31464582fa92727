/**
 * The server as a library: the checked configuration and the server that it makes.
 *
 * @packageDocumentation
 */
export { parseConfig, type ServerConfig } from "./config/config.ts";
export { ConfigError } from "./config/config-error.ts";
export type { RawOptions } from "./config/options.ts";
export type { Diagnosis } from "./diagnose.ts";
export { createLog, type Logger } from "./log.ts";
export { Server, startServer } from "./server.ts";
