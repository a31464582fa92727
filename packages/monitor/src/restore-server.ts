import type { TlsOptions } from "node:tls";
import type { TlsCredentials } from "./credentials.ts";
import { HttpService, type HttpServiceOptions } from "./http-service.ts";
import type { Route, RouteAnswer, RouteRequest } from "./route.ts";

type Handler = (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;

export interface RestoreServerOptions extends Partial<Omit<HttpServiceOptions, "routes">> {
  readonly credentials: TlsCredentials;
  /**
   * Answers `GET /restore`: 200 with an async iterable of the state, 404 when there is nothing, 503 when
   * somebody else is served. `request.signal` says when the taker has gone.
   */
  readonly restore: Handler;
  /** Answers `POST /restore/activate`. Takers repeat it until they get an answer: be idempotent. */
  readonly activate: Handler;
  /** Further routes, for clients with a certificate of the same authorities. */
  readonly routes?: readonly Route[];
}

/** State transfer over https, default port 5884, for clients with a certificate that is trusted. */
export class RestoreServer {
  readonly #service: HttpService;

  constructor(options: RestoreServerOptions) {
    const routes: readonly Route[] = [
      // No HEAD: asking for the state has effects.
      { path: "/restore", methods: ["GET"], handle: options.restore },
      { path: "/restore/activate", methods: ["POST"], handle: options.activate },
      ...(options.routes ?? []),
    ];
    const service: HttpServiceOptions = {
      port: 5884,
      ...options,
      routes,
    };
    this.#service = new HttpService(service, tlsOptions(options.credentials));
  }

  /** @returns the port. @throws MonitorConfigError when it cannot listen. */
  listen(): Promise<number> {
    return this.#service.listen();
  }

  /** For new connections; a transfer that is under way goes on. */
  replaceCredentials(credentials: TlsCredentials): void {
    this.#service.replaceCredentials(tlsOptions(credentials));
  }

  close(graceMs = 0): Promise<void> {
    return this.#service.close(graceMs);
  }
}

function tlsOptions(credentials: TlsCredentials): TlsOptions {
  return {
    cert: credentials.cert,
    key: credentials.key,
    ca: [...credentials.ca],
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
  };
}
