import { type CoapRequest, Code, encodeOptions, OptionNumber } from "@dtls-cluster/coap";
import type { ClientContext } from "./client-context.ts";
import type { BenchmarkConfig } from "./config.ts";
import { DtlsLink, type EndpointFactory } from "./dtls-link.ts";
import type { Link, LinkOwner } from "./link.ts";
import { LoadClient } from "./load-client.ts";
import { PlainLink } from "./plain-link.ts";
import { RequestPayload } from "./request-payload.ts";
import type { Target } from "./target.ts";

const METHOD_CODES = { GET: Code.get, POST: Code.post, PUT: Code.put } as const;

/** Makes all clients of a run; their homes go round the targets. */
export function createClients(
  config: BenchmarkConfig,
  context: ClientContext,
  createEndpoint: EndpointFactory,
): LoadClient[] {
  const [first] = config.targets as [Target];
  const options = encodeOptions([
    ...first.uriPath.map((value) => ({ number: OptionNumber.uriPath, value })),
    ...first.uriQuery.map((value) => ({ number: OptionNumber.uriQuery, value })),
  ]);
  return Array.from({ length: config.clients }, (_, index) => {
    const number = config.firstClient + index;
    const home = number % config.targets.length;
    const payload = new RequestPayload(config.method === "GET" ? 0 : config.payloadSize, number);
    const request: CoapRequest = {
      code: METHOD_CODES[config.method],
      confirmable: config.confirmable,
      options,
      payload: payload.bytes.length === 0 ? undefined : payload.bytes,
    };
    const makeLink = (owner: LinkOwner): Link =>
      linkTo(config.targets[home] as Target, number, config, createEndpoint, owner);
    return new LoadClient(context, home, payload, request, makeLink);
  });
}

function linkTo(
  { scheme, address, port }: Target,
  number: number,
  config: BenchmarkConfig,
  createEndpoint: EndpointFactory,
  owner: LinkOwner,
): Link {
  if (scheme === "coap") return new PlainLink(owner);
  const { identity, secret } = config.credentials(number);
  return new DtlsLink(
    {
      createEndpoint,
      credentials: { pskIdentity: identity, psk: secret },
      home: { address, port, via: undefined },
      handshakeTimeoutMs: config.handshakeTimeoutMs,
    },
    owner,
  );
}
