import { Code } from "./code.ts";
import { encodeOptions } from "./encode-options.ts";
import type { CoapEndpoint } from "./endpoint.ts";
import type { CoapResponse, ServerExchange } from "./exchange.ts";
import { formatLinks, type Link } from "./link-format.ts";
import type { CoapMessage } from "./message.ts";
import { ContentFormat, OptionNumber } from "./option.ts";
import { PathTable } from "./path-table.ts";
import { type QueryParameter, QueryParser, type UriQuery } from "./uri-query.ts";
import { encodeUtf8 } from "./utf8.ts";

/**
 * Answers one method of a resource. Returns the response, or undefined when the handler answers
 * later through {@link CoapEndpoint.respond}. `request` is valid only during the call.
 */
export type ResourceHandler<T> = (
  exchange: ServerExchange<T>,
  request: CoapMessage,
  query: UriQuery,
  now: number,
) => CoapResponse | undefined;

/** One resource of a server. */
export interface Resource<T> {
  /** Absolute path, such as `/benchmark` or `/`. */
  readonly path: string;
  readonly get?: ResourceHandler<T>;
  readonly post?: ResourceHandler<T>;
  readonly put?: ResourceHandler<T>;
  readonly delete?: ResourceHandler<T>;
  readonly fetch?: ResourceHandler<T>;
  readonly patch?: ResourceHandler<T>;
  readonly iPatch?: ResourceHandler<T>;
  /**
   * Accepted query parameters; any other, or one out of range, is answered 4.02 with a text.
   * Default none.
   */
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Attributes of the link (RFC 6690): `{ rt: "benchmark", ct: "0", obs: true }`. */
  readonly attributes?: Readonly<Record<string, string | true>>;
  /** Left out of `/.well-known/core`. */
  readonly hidden?: boolean;
}

/** The resources of a server, found by path. */
export interface Resources<T> {
  /**
   * Executes a request: 4.04 for an unknown path, 4.05 for a method that the resource lacks, 4.02
   * for a query it does not accept, 5.00 when the handler throws or its response is too long (the
   * error goes to `onError`). `/.well-known/core` answers with the links, filtered by one query
   * parameter (RFC 6690 section 4.1). Accept and Content-Format are the handler's affair.
   */
  handle(
    endpoint: Pick<CoapEndpoint<T>, "respond">,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void;
}

interface Entry<T> {
  /** By code; index 0 is never used. */
  readonly handlers: readonly (ResourceHandler<T> | undefined)[];
  readonly query: QueryParser;
}

const TEXT = encodeOptions([
  { number: OptionNumber.contentFormat, value: ContentFormat.textPlain },
]);
const LINK_FORMAT = encodeOptions([
  { number: OptionNumber.contentFormat, value: ContentFormat.linkFormat },
]);
const NOT_FOUND: CoapResponse = { code: Code.notFound };
const METHOD_NOT_ALLOWED: CoapResponse = { code: Code.methodNotAllowed };
const INTERNAL_SERVER_ERROR: CoapResponse = { code: Code.internalServerError };

/**
 * A router over `resources`, with `/.well-known/core` added unless it is among them.
 * @param onError takes what a handler threw. Nothing of it reaches the peer.
 * @throws CoapUsageError for a path that is not absolute or stands twice.
 */
export function createResources<T>(
  resources: readonly Resource<T>[],
  onError?: (error: unknown) => void,
): Resources<T> {
  const table = new PathTable<Entry<T>>();
  for (const resource of resources) table.add(resource.path, entryOf(resource));
  if (!resources.some((resource) => resource.path === "/.well-known/core")) {
    const links = resources
      .filter((resource) => resource.hidden !== true)
      .map(({ path, attributes }) => ({ path, attributes: attributes ?? {} }));
    table.add("/.well-known/core", discoveryOf([...links, CORE_LINK]));
  }
  return new Router(table, onError);
}

const CORE_LINK: Link = { path: "/.well-known/core", attributes: {} };

class Router<T> implements Resources<T> {
  readonly #table: PathTable<Entry<T>>;
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(table: PathTable<Entry<T>>, onError: ((error: unknown) => void) | undefined) {
    this.#table = table;
    this.#onError = onError;
  }

  handle(
    endpoint: Pick<CoapEndpoint<T>, "respond">,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void {
    try {
      const response = this.#execute(exchange, request, now);
      if (response !== undefined) endpoint.respond(exchange, response, now);
    } catch (error) {
      endpoint.respond(exchange, INTERNAL_SERVER_ERROR, now);
      this.#onError?.(error);
    }
  }

  #execute(
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): CoapResponse | undefined {
    const entry = this.#table.find(request);
    if (entry === undefined) return NOT_FOUND;
    const handler = entry.handlers[request.code];
    if (handler === undefined) return METHOD_NOT_ALLOWED;
    const query = entry.query.parse(request);
    if (typeof query === "string") {
      return { code: Code.badOption, options: TEXT, payload: encodeUtf8(query) };
    }
    return handler(exchange, request, query, now);
  }
}

function entryOf<T>(resource: Resource<T>): Entry<T> {
  const { get, post, put, delete: remove, fetch, patch, iPatch } = resource;
  return {
    handlers: [undefined, get, post, put, remove, fetch, patch, iPatch],
    query: new QueryParser(resource.query ?? {}),
  };
}

function discoveryOf<T>(links: readonly Link[]): Entry<T> {
  const get: ResourceHandler<T> = (_exchange, request) => ({
    code: Code.content,
    options: LINK_FORMAT,
    payload: encodeUtf8(formatLinks(links, request.textOptions(OptionNumber.uriQuery)[0])),
  });
  return { handlers: [undefined, get], query: new AnyQuery({}) };
}

/** Discovery takes any attribute as its filter. */
class AnyQuery extends QueryParser {
  override parse(): UriQuery | string {
    return NO_QUERY;
  }
}

const NO_QUERY: UriQuery = {
  has: () => false,
  text: () => undefined,
  integer: () => undefined,
};
