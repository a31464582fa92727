import {
  type CoapMessage,
  type CoapResponse,
  Code,
  type Resource,
  type ServerExchange,
  type UriQuery,
} from "@dtls-cluster/coap";

// What one record within the default MTU carries; longer bodies need blockwise transfer.
const MAX_RESPONSE_LENGTH = 1024;
const PADDING = "*".charCodeAt(0);

/** How often the benchmark resource was executed, to be compared with what clients counted. */
export interface ExecutionCount {
  executions: number;
}

/**
 * `/benchmark?rlen=N&ack`: GET, POST and PUT answer a short text that is cut or padded with `*` to N
 * bytes; `ack` asks for an empty ACK and a separate response.
 * @param accept sends the empty ACK.
 */
export function createBenchmarkResource<T>(
  accept: (exchange: ServerExchange<T>, request: CoapMessage, now: number) => void,
  count: ExecutionCount,
): Resource<T> {
  const changed = paddedTexts("hello benchmark");
  const content = paddedTexts("hello observe 000");

  const answer = (
    exchange: ServerExchange<T>,
    request: CoapMessage,
    query: UriQuery,
    code: number,
    texts: (length: number | undefined) => Uint8Array,
    now: number,
  ): CoapResponse => {
    count.executions += 1;
    if (query.has("ack")) accept(exchange, request, now);
    return { code, payload: texts(query.integer("rlen")) };
  };
  const write: Resource<T>["post"] = (exchange, request, query, now) =>
    answer(exchange, request, query, Code.changed, changed, now);

  return {
    path: "/benchmark",
    get: (exchange, request, query, now) =>
      answer(exchange, request, query, Code.content, content, now),
    post: write,
    put: write,
    query: {
      rlen: { type: "integer", min: 0, max: MAX_RESPONSE_LENGTH },
      ack: { type: "flag" },
    },
    attributes: { rt: "benchmark", ct: "0" },
  };
}

/** Payloads by length, each made once; there are at most {@link MAX_RESPONSE_LENGTH} of them. */
function paddedTexts(text: string): (length: number | undefined) => Uint8Array {
  const whole = new TextEncoder().encode(text);
  const byLength = new Map<number, Uint8Array>();
  return (length) => {
    if (length === undefined) return whole;
    const known = byLength.get(length);
    if (known !== undefined) return known;
    const padded = new Uint8Array(length).fill(PADDING);
    padded.set(whole.subarray(0, length));
    byLength.set(length, padded);
    return padded;
  };
}
