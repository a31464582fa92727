/**
 * Readiness, liveness and metrics over http; state transfer between doubles over https.
 *
 * @packageDocumentation
 */
export {
  CredentialWatch,
  type CredentialWatchOptions,
} from "./credential-watch.ts";
export {
  type CredentialFiles,
  clientCredentialFiles,
  DEFAULT_CERTIFICATE_DIRECTORY,
  readCredentials,
  readOptionalCredentials,
  serverCredentialFiles,
  type TlsCredentials,
} from "./credentials.ts";
export { DelayedDown } from "./delayed-down.ts";
export {
  type MonitorConfigCode,
  MonitorConfigError,
  RestoreError,
  type RestoreErrorCode,
} from "./errors.ts";
export { HttpService, type HttpServiceOptions } from "./http-service.ts";
export { type MetricOptions, type MetricSnapshot, Metrics } from "./metrics.ts";
export { Monitor, type MonitorOptions } from "./monitor.ts";
export {
  Readiness,
  type ReadinessComponent,
  type ReadinessOptions,
  type ReadinessReport,
} from "./readiness.ts";
export {
  type RestoreCall,
  RestoreClient,
  type RestoreClientOptions,
} from "./restore-client.ts";
export type { RestoreTarget } from "./restore-request.ts";
export { RestoreServer, type RestoreServerOptions } from "./restore-server.ts";
export type { Route, RouteAnswer, RouteRequest } from "./route.ts";
