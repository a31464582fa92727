import { type CoapEndpoint, createCoapEndpoint, type Entropy } from "@dtls-cluster/coap";
import type { ClientContext } from "./client-context.ts";
import type { BenchmarkConfig } from "./config.ts";
import type { LoadClient } from "./load-client.ts";

/** One CoAP endpoint for all clients: its peers are the clients, so it has one timer for all. */
export function createClientCoap(
  config: BenchmarkConfig,
  entropy: Entropy,
  context: Pick<ClientContext, "tally" | "isOver">,
): CoapEndpoint<LoadClient> {
  return createCoapEndpoint<LoadClient>(
    {
      entropy,
      parameters: {
        ackTimeoutMs: config.ackTimeoutMs,
        ackRandomFactor: config.ackRandomFactor,
        maxRetransmit: config.maxRetransmit,
      },
      responseTimeoutMs: config.responseTimeoutMs,
      messageIdReuse: "acknowledged",
    },
    {
      transmit: (peer, message) => peer.transport.sendMessage(message),
      response: (exchange, response, now) =>
        exchange.peer.transport.answered(exchange, response, now),
      failed: (exchange, reason, now) => {
        if (!context.isOver()) exchange.peer.transport.failed(reason, now);
      },
      retransmitted: (_exchange, now) => context.tally.retransmission(now),
    },
  );
}
