import { type CoapRequest, Code, encodeOptions, OptionNumber } from "@dtls-cluster/coap";
import type { ClientContext } from "./client-context.ts";
import type { BenchmarkConfig } from "./config.ts";
import type { Link, LinkOwner } from "./link.ts";
import { LoadClient } from "./load-client.ts";
import { PlainLink } from "./plain-link.ts";
import { RequestPayload } from "./request-payload.ts";
import type { Target } from "./target.ts";

const METHOD_CODES = { GET: Code.get, POST: Code.post, PUT: Code.put } as const;

/** Makes all clients of a run; their homes go round the targets unless one is given. */
export function createClients(config: BenchmarkConfig, context: ClientContext): LoadClient[] {
  const [first] = config.targets as [Target];
  const options = encodeOptions([
    ...first.uriPath.map((value) => ({ number: OptionNumber.uriPath, value })),
    ...first.uriQuery.map((value) => ({ number: OptionNumber.uriQuery, value })),
  ]);
  return Array.from({ length: config.clients }, (_, index) => {
    const number = config.firstClient + index;
    const home = config.home ?? number % config.targets.length;
    const payload = new RequestPayload(config.method === "GET" ? 0 : config.payloadSize, number);
    const request: CoapRequest = {
      code: METHOD_CODES[config.method],
      confirmable: config.confirmable,
      options,
      payload: payload.bytes.length === 0 ? undefined : payload.bytes,
    };
    const makeLink = (owner: LinkOwner): Link => {
      if (context.dtls === undefined) return new PlainLink(owner);
      if (config.certificates !== undefined) {
        return context.dtls.createLink(number, config.certificates.connect, owner);
      }
      const { identity, secret } = config.credentials(number);
      return context.dtls.createLink(number, { pskIdentity: identity, psk: secret }, owner);
    };
    return new LoadClient(context, home, payload, request, makeLink);
  });
}
