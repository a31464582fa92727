import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket, type TlsOptions } from "node:tls";
import { MonitorConfigError } from "./errors.ts";
import type { Route, RouteAnswer } from "./route.ts";
import { sendAnswer } from "./send-answer.ts";

/** Bounds and options of a service. Durations are milliseconds. */
export interface HttpServiceOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly routes: readonly Route[];
  /** Largest body of a request. Default 4096. */
  readonly maxBodyBytes?: number;
  /** Connections at the same time. Default 64. */
  readonly maxConnections?: number;
  /** How long a client may take nothing of an answer. Default 15 000. */
  readonly idleMs?: number;
  /** How long a client may take for its request. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /** Told what handlers throw, and which TLS clients were refused. Default: nothing is told. */
  readonly onError?: (error: Error) => void;
}

const MAX_HEADER_BYTES = 8192;

/** A bounded HTTP server over fixed routes. */
export class HttpService {
  readonly #options: HttpServiceOptions;
  readonly #server: Server | TlsServer;

  /** @param tls makes it https */
  constructor(options: HttpServiceOptions, tls?: TlsOptions) {
    this.#options = options;
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: Math.min(5000, options.requestTimeoutMs ?? 10_000),
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
    };
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch((error: unknown) => {
        this.#fail(response, error);
      });
    };
    this.#server = tls
      ? createTlsServer({ ...limits, handshakeTimeout: 5000, ...tls }, listener)
      : createServer(limits, listener);
    this.#server.maxConnections = options.maxConnections ?? 64;
    this.#server.on("tlsClientError", (error: Error) => options.onError?.(error));
  }

  /** @returns the port that it listens on. @throws MonitorConfigError when it cannot. */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    const at = host === undefined ? `${port}` : `${port} of ${host}`;
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        const reason = cause.code === "EADDRINUSE" ? "it is in use" : (cause.code ?? "unknown");
        const text = `cannot listen on tcp port ${at}: ${reason}; name another host or port`;
        reject(new MonitorConfigError("MONITOR_PORT", text, { cause }));
      };
      this.#server.once("error", onError);
      this.#server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
        this.#server.off("error", onError);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** New TLS connections use `tls` from now on; existing ones go on as they are. */
  replaceCredentials(tls: TlsOptions): void {
    if ("setSecureContext" in this.#server) this.#server.setSecureContext(tls);
  }

  /** Stops listening and cuts what is still connected after `graceMs`. */
  async close(graceMs = 0): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const controller = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) controller.abort();
    });
    const { signal } = controller;
    const url = parseTarget(request.url ?? "");
    const route = this.#options.routes.find(({ path }) => path === url?.pathname);
    const method = route?.methods.find((candidate) => candidate === request.method);
    const send = (answer: RouteAnswer): Promise<void> =>
      sendAnswer(response, answer, {
        withBody: request.method !== "HEAD",
        idleMs: this.#options.idleMs ?? 15_000,
        signal,
      });
    if (route === undefined || url === undefined) return send({ status: 404, body: "NOT FOUND\n" });
    if (method === undefined) {
      response.setHeader("allow", route.methods.join(", "));
      return send({ status: 405, body: "METHOD NOT ALLOWED\n" });
    }
    const body = await readBody(request, this.#options.maxBodyBytes ?? 4096);
    if (body === undefined) {
      response.setHeader("connection", "close");
      return send({ status: 413, body: "BODY TOO LARGE\n" });
    }
    const peerName = peerNameOf(request);
    const peerAddress = request.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
    const query = url.searchParams;
    await send(await route.handle({ query, body, peerName, peerAddress, signal }));
  }

  #fail(response: ServerResponse, error: unknown): void {
    this.#options.onError?.(error instanceof Error ? error : new Error("a handler failed"));
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.statusCode = 500;
    response.end("ERROR\n");
  }
}

function parseTarget(target: string): URL | undefined {
  return target.startsWith("/") ? (URL.parse(`http://local${target}`) ?? undefined) : undefined;
}

function peerNameOf(request: IncomingMessage): string | undefined {
  if (!(request.socket instanceof TLSSocket)) return undefined;
  const name: unknown = request.socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" ? name : undefined;
}

/** The body; undefined when it is longer than `limit`, or the client went away. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= limit) parts.push(part);
      else resolve(undefined);
    });
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}
