import { BlockwiseEndpoint } from "./blockwise/blockwise-endpoint.ts";
import type { CoapEndpointOptions } from "./config.ts";
import type { CoapEndpoint } from "./endpoint.ts";
import { MessageLayer } from "./message-layer.ts";
import type { CoapSink } from "./sink.ts";

/** @throws CoapUsageError when an option is out of range. */
export function createCoapEndpoint<T>(
  options: CoapEndpointOptions,
  sink: CoapSink<T>,
): CoapEndpoint<T> {
  return options.blockwise === false
    ? new MessageLayer(options, sink)
    : new BlockwiseEndpoint(options, options.blockwise, sink);
}
