import type { CoapEndpointOptions } from "./config.ts";
import type { CoapEndpoint } from "./endpoint.ts";
import { CoapUsageError } from "./errors.ts";
import type { CoapSink } from "./sink.ts";

/** @throws CoapUsageError when an option is out of range. */
export function createCoapEndpoint<T>(
  _options: CoapEndpointOptions,
  _sink: CoapSink<T>,
): CoapEndpoint<T> {
  throw new CoapUsageError("the endpoint is not built yet");
}
