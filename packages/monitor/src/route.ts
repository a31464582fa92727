/** What a handler is told about a request. */
export interface RouteRequest {
  readonly query: URLSearchParams;
  /** At most `maxBodyBytes` of the service. */
  readonly body: Uint8Array;
  /** Common name of the client's certificate; undefined over plain http. */
  readonly peerName: string | undefined;
  /** IP address of the client; undefined when it has gone already. An IPv4 one has no `::ffff:` in front. */
  readonly peerAddress: string | undefined;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
}

export interface RouteAnswer {
  readonly status: number;
  /** Text and bytes are sent at once; an iterable is sent as fast as the client takes it. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Default `text/plain; charset=utf-8`, and `application/octet-stream` for bytes. */
  readonly contentType?: string;
}

/** Something to be found under one path. HEAD is answered as GET without its body, if allowed. */
export interface Route {
  readonly path: string;
  readonly methods: readonly ("GET" | "HEAD" | "POST")[];
  /** Anything thrown is answered by 500 without a word about it, and told to `onError`. */
  handle(request: RouteRequest): RouteAnswer | Promise<RouteAnswer>;
}
