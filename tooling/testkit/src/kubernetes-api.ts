import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createTestCertificate, type TestCertificate } from "./certificates.ts";
import { matches, type PodLike, podObject } from "./pod-object.ts";

export type { PodLike } from "./pod-object.ts";

/** Answers a request in the place of the API; false: the API answers as it should. */
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  isWatch: boolean,
) => boolean;

interface Watcher {
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly pod: PodLike;
}

const PODS = "/api/v1/namespaces/meters/pods";

/**
 * The pods of the namespace "meters" over https, with lists, watches from a version on, and bookmarks: enough of a
 * Kubernetes API to break in every way that a real one may.
 */
export class KubernetesApi {
  /** Issued the certificate that the API shows. */
  readonly authority: TestCertificate;
  misbehave: Misbehaviour = () => false;
  /** `GET PATH` of each request, with ` watch` behind it for watches. */
  readonly requests: string[] = [];
  /** Authorization header of each request. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<Watcher>();
  readonly #pods = new Map<string, PodLike & { readonly version: number }>();
  readonly #changes: Change[] = [];
  #version = 100;
  #oldest = 0;

  static async start(port = 0, authority?: TestCertificate): Promise<KubernetesApi> {
    const api = new KubernetesApi(authority ?? createTestCertificate({ name: "kubernetes-ca" }));
    await new Promise<void>((resolve) => api.#server.listen(port, "127.0.0.1", resolve));
    return api;
  }

  private constructor(authority: TestCertificate) {
    this.authority = authority;
    const own = createTestCertificate({ name: "localhost", issuer: authority, usage: "server" });
    this.#server = createServer(
      { key: own.keyPem, cert: own.certificatePem },
      (request, response) => this.#answer(request, response),
    );
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Creates or changes a pod. */
  put(pod: PodLike): void {
    const type = this.#pods.has(pod.name) ? "MODIFIED" : "ADDED";
    this.#version += 1;
    this.#pods.set(pod.name, { ...pod, version: this.#version });
    this.#tell({ version: this.#version, type, pod });
  }

  remove(name: string): void {
    const pod = this.#pods.get(name);
    if (pod === undefined) return;
    this.#version += 1;
    this.#pods.delete(name);
    this.#tell({ version: this.#version, type: "DELETED", pod });
  }

  /** Sends every watcher a bookmark. */
  bookmark(): void {
    const object = { kind: "Pod", metadata: { resourceVersion: String(this.#version) } };
    for (const { response } of this.#watchers) {
      response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
    }
  }

  /** Forgets what was before: watches from an older version are answered with 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#changes.length = 0;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "https://localhost");
    const isWatch = url.searchParams.get("watch") === "1";
    this.requests.push(`${request.method} ${url.pathname}${isWatch ? " watch" : ""}`);
    this.authorizations.push(request.headers.authorization);
    if (this.misbehave(request, response, isWatch)) return;
    if (isWatch) this.#watch(response, url.searchParams);
    else if (url.pathname === PODS) this.#list(response, url.searchParams);
    else this.#read(response, url.pathname);
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const items = [...this.#pods.values()]
      .filter((pod) => matches(pod, query))
      .map((pod) => podObject(pod, pod.version));
    const metadata = { resourceVersion: String(this.#version) };
    sendJson(response, 200, { kind: "PodList", apiVersion: "v1", metadata, items });
  }

  #read(response: ServerResponse, path: string): void {
    const name = path.startsWith(`${PODS}/`) ? path.slice(PODS.length + 1) : "";
    const pod = this.#pods.get(name);
    if (pod !== undefined) sendJson(response, 200, podObject(pod, pod.version));
    else sendStatus(response, 404, `pods "${name}" not found`);
  }

  #watch(response: ServerResponse, query: URLSearchParams): void {
    const from = Number(query.get("resourceVersion"));
    if (from < this.#oldest) {
      const object = { kind: "Status", code: 410, message: "too old resource version" };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    const watcher = { response, query };
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    this.#watchers.add(watcher);
    response.on("close", () => this.#watchers.delete(watcher));
    for (const change of this.#changes) {
      if (change.version > from) sendChange(watcher, change);
    }
    const seconds = Number(query.get("timeoutSeconds"));
    const end = setTimeout(() => response.end(), seconds * 1000);
    response.on("close", () => clearTimeout(end));
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    for (const watcher of this.#watchers) sendChange(watcher, change);
  }
}

/** An answer that the API gives when it refuses. */
export function sendStatus(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, code, { kind: "Status", apiVersion: "v1", code, message }, headers);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function sendChange({ response, query }: Watcher, { type, pod, version }: Change): void {
  if (!matches(pod, query)) return;
  response.write(`${JSON.stringify({ type, object: podObject(pod, version) })}\n`);
}
