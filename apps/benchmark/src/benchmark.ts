import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { createEndpoint, DtlsUsageError, type EndpointOptions } from "@dtls-cluster/dtls";
import type { EndpointFactory } from "./client-endpoint.ts";
import type { BenchmarkConfig } from "./config.ts";
import { nodeSurroundings } from "./node-surroundings.ts";
import type { Report } from "./report.ts";
import { LoadRun } from "./scenario/load-run.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usage-error.ts";

/** How a run is embedded. */
export interface RunOptions {
  /** Takes the lines of progress. Default: nothing is printed. */
  readonly print?: (line: string) => void;
  /** Ends the run early; what happened until then is reported. */
  readonly signal?: AbortSignal;
  /** Default: real sockets and time. */
  readonly surroundings?: Surroundings;
}

/**
 * Connects the clients, loads the targets and reports.
 * @returns after all sockets are closed; `problems` of the report says whether it went well.
 * @throws UsageError for a configuration that cannot work, before any socket opens.
 */
export async function runBenchmark(
  config: BenchmarkConfig,
  options: RunOptions = {},
): Promise<Report> {
  const entropy = createNodeEntropy();
  const createClientEndpoint = endpointFactory(config, entropy);
  const run = new LoadRun(config, {
    surroundings: options.surroundings ?? nodeSurroundings,
    entropy,
    createEndpoint: createClientEndpoint,
    print: options.print ?? (() => {}),
  });
  return run.run(options.signal);
}

function endpointFactory(
  config: BenchmarkConfig,
  entropy: EndpointOptions["entropy"],
): EndpointFactory {
  const options: EndpointOptions = {
    // Two keys a connection; every client is in use all the time.
    crypto: createNodeCrypto({ hotKeys: Math.min(1_000_000, 2 * config.clients) }),
    entropy,
    role: "client",
    cipherSuites: config.cipherSuites,
    ...(config.connectionIdLength === undefined
      ? {}
      : { connectionId: { length: config.connectionIdLength } }),
    // The client's own handshake timeout ends it.
    maxRetransmissions: 10,
    limits: { maxConnections: 2 * config.clients, maxHandshakes: 2 * config.clients },
  };
  const create: EndpointFactory = (sink) => createEndpoint(options, sink);
  try {
    create({ transmit: () => {}, data: () => {}, event: () => {} });
  } catch (error) {
    if (!(error instanceof DtlsUsageError)) throw error;
    throw new UsageError(`--cipher "${config.cipherSuites.join(",")}": ${error.message}`, {
      cause: error,
    });
  }
  return create;
}
