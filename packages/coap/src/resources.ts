import { Code } from "./code.ts";
import { encodeOptions } from "./encode-options.ts";
import type { CoapEndpoint } from "./endpoint.ts";
import { CoapUsageError } from "./errors.ts";
import type { CoapResponse, ServerExchange } from "./exchange.ts";
import { formatLinks, type Link } from "./link-format.ts";
import type { CoapMessage } from "./message.ts";
import type { Observation } from "./observe/observation.ts";
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
  /**
   * Clients may observe it (RFC 7641): call {@link Resources.changed} for each new state. `get` and `fetch` then
   * make the notifications as well, with an {@link Observation} for the exchange. Default false.
   */
  readonly observable?: boolean;
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
    endpoint: RespondingEndpoint<T>,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void;
  /**
   * The resource at `path` has a new state: all who observe it are told.
   * @returns how many they are. @throws CoapUsageError when there is no observable resource at `path`.
   */
  changed(endpoint: RespondingEndpoint<T>, path: string, now: number): number;
  /** How many observe the resource at `path`. */
  observers(path: string): number;
  /** For {@link CoapSink.observed}: an observation that began elsewhere goes on here. */
  observed(
    endpoint: Pick<CoapEndpoint<T>, "endObservation">,
    observation: Observation<T>,
    now: number,
  ): void;
  /** For {@link CoapSink.observationEnded}. */
  observationEnded(observation: Observation<T>): void;
}

/** What resources need of an endpoint. Without `observe` nothing can be observed. */
export type RespondingEndpoint<T> = Pick<CoapEndpoint<T>, "respond"> &
  Partial<Pick<CoapEndpoint<T>, "observe">>;

interface Entry<T> {
  /** Undefined when it cannot be observed. */
  readonly observations: Set<Observation<T>> | undefined;
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
  const byPath = new Map<string, Entry<T>>();
  for (const resource of resources) {
    const entry = entryOf(resource);
    table.add(resource.path, entry);
    byPath.set(resource.path, entry);
  }
  if (!resources.some((resource) => resource.path === "/.well-known/core")) {
    const links = resources
      .filter((resource) => resource.hidden !== true)
      .map(({ path, attributes, observable }) => ({
        path,
        attributes: { ...attributes, ...(observable === true && { obs: true as const }) },
      }));
    table.add("/.well-known/core", discoveryOf([...links, CORE_LINK]));
  }
  return new Router(table, byPath, onError);
}

const CORE_LINK: Link = { path: "/.well-known/core", attributes: {} };

class Router<T> implements Resources<T> {
  readonly #table: PathTable<Entry<T>>;
  readonly #byPath: ReadonlyMap<string, Entry<T>>;
  readonly #placeOf = new Map<Observation<T>, Set<Observation<T>>>();
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(
    table: PathTable<Entry<T>>,
    byPath: ReadonlyMap<string, Entry<T>>,
    onError: ((error: unknown) => void) | undefined,
  ) {
    this.#table = table;
    this.#byPath = byPath;
    this.#onError = onError;
  }

  handle(
    endpoint: RespondingEndpoint<T>,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void {
    const entry = this.#table.find(request);
    if (entry?.observations !== undefined && isObservable(request.code)) {
      const observation = endpoint.observe?.(exchange, request, now);
      if (observation !== undefined) this.#enter(entry.observations, observation);
    }
    this.#answer(endpoint, entry, exchange, request, now);
  }

  changed(endpoint: RespondingEndpoint<T>, path: string, now: number): number {
    const entry = this.#byPath.get(path);
    if (entry?.observations === undefined) {
      throw new CoapUsageError(`there is no observable resource at "${path}"`);
    }
    const observations = [...entry.observations];
    for (const observation of observations) {
      this.#answer(endpoint, entry, observation, observation.request, now);
    }
    return observations.length;
  }

  observers(path: string): number {
    return this.#byPath.get(path)?.observations?.size ?? 0;
  }

  observed(
    endpoint: Pick<CoapEndpoint<T>, "endObservation">,
    observation: Observation<T>,
    now: number,
  ): void {
    const observations = this.#table.find(observation.request)?.observations;
    if (observations === undefined) endpoint.endObservation(observation, now);
    else this.#enter(observations, observation);
  }

  observationEnded(observation: Observation<T>): void {
    this.#placeOf.get(observation)?.delete(observation);
    this.#placeOf.delete(observation);
  }

  #enter(observations: Set<Observation<T>>, observation: Observation<T>): void {
    observations.add(observation);
    this.#placeOf.set(observation, observations);
  }

  #answer(
    endpoint: RespondingEndpoint<T>,
    entry: Entry<T> | undefined,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void {
    try {
      const response =
        entry === undefined ? NOT_FOUND : this.#execute(entry, exchange, request, now);
      if (response !== undefined) endpoint.respond(exchange, response, now);
    } catch (error) {
      endpoint.respond(exchange, INTERNAL_SERVER_ERROR, now);
      this.#onError?.(error);
    }
  }

  #execute(
    entry: Entry<T>,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): CoapResponse | undefined {
    const handler = entry.handlers[request.code];
    if (handler === undefined) return METHOD_NOT_ALLOWED;
    const query = entry.query.parse(request);
    if (typeof query === "string") {
      return { code: Code.badOption, options: TEXT, payload: encodeUtf8(query) };
    }
    return handler(exchange, request, query, now);
  }
}

function isObservable(code: number): boolean {
  return code === Code.get || code === Code.fetch;
}

function entryOf<T>(resource: Resource<T>): Entry<T> {
  const { get, post, put, delete: remove, fetch, patch, iPatch } = resource;
  return {
    observations: resource.observable === true ? new Set() : undefined,
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
  return { observations: undefined, handlers: [undefined, get], query: new AnyQuery({}) };
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
