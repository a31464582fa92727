import type { CoapEndpoint } from "./endpoint.ts";
import { CoapUsageError } from "./errors.ts";
import type { CoapResponse, ServerExchange } from "./exchange.ts";
import type { CoapMessage } from "./message.ts";
import type { UriQuery } from "./uri-query.ts";

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

/** A query parameter: `name=text`, `name=integer` within bounds, or `name` alone. */
export type QueryParameter =
  | { readonly type: "text" }
  | { readonly type: "flag" }
  | { readonly type: "integer"; readonly min: number; readonly max: number };

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
  /** Accepted query parameters; any other, or one out of range, is answered 4.02 with a text. Default none. */
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
   * for a query it does not accept, 5.00 when the handler throws (the error goes to `onError`).
   * `/.well-known/core` answers with the links, filtered by one query parameter (RFC 6690 section 4.1).
   */
  handle(
    endpoint: CoapEndpoint<T>,
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): void;
}

/** @throws CoapUsageError for a path that is not absolute or stands twice. */
export function createResources<T>(
  _resources: readonly Resource<T>[],
  _onError?: (error: unknown) => void,
): Resources<T> {
  throw new CoapUsageError("the resources are not built yet");
}
