import {
  type CoapMessage,
  type CoapResponse,
  Code,
  encodeUtf8,
  isObservation,
  type Resource,
  type ServerExchange,
  type UriQuery,
} from "@dtls-cluster/coap";

const MAX_RESPONSE_LENGTH = 8192;
/** Texts of this length at most are made once. */
const MAX_KEPT_LENGTH = 1024;
/** Where {@link createBenchmarkResource} is found. */
export const BENCHMARK_PATH = "/benchmark";

const PADDING = "*".charCodeAt(0);

/** How often the benchmark resource was executed, to be compared with what clients counted. */
export interface ExecutionCount {
  executions: number;
}

/**
 * `/benchmark?rlen=N&ack`: GET, POST and PUT answer a short text that is cut or padded with `*` to N
 * bytes; `ack` asks for an empty ACK and a separate response. GET can be observed.
 * @param accept sends the empty ACK.
 * @param state milliseconds of the newest state, the last three digits of which GET tells.
 */
export function createBenchmarkResource<T>(
  accept: (exchange: ServerExchange<T>, request: CoapMessage, now: number) => void,
  count: ExecutionCount,
  state: () => number,
): Resource<T> {
  const changed = paddedTexts("hello benchmark");

  const answer = (
    exchange: ServerExchange<T>,
    request: CoapMessage,
    query: UriQuery,
    code: number,
    texts: (length: number | undefined) => Uint8Array,
    now: number,
  ): CoapResponse => {
    if (!isObservation(exchange)) count.executions += 1;
    if (query.has("ack")) accept(exchange, request, now);
    return { code, payload: texts(query.integer("rlen")) };
  };
  const write: Resource<T>["post"] = (exchange, request, query, now) =>
    answer(exchange, request, query, Code.changed, changed, now);

  return {
    path: BENCHMARK_PATH,
    observable: true,
    get: (exchange, request, query, now) => {
      const digits = String(Math.floor(state()) % 1000).padStart(3, "0");
      const content = (length: number | undefined): Uint8Array =>
        padded(encodeUtf8(`hello observe ${digits}`), length);
      return answer(exchange, request, query, Code.content, content, now);
    },
    post: write,
    put: write,
    query: {
      rlen: { type: "integer", min: 0, max: MAX_RESPONSE_LENGTH },
      ack: { type: "flag" },
    },
    attributes: { rt: "benchmark", ct: "0" },
  };
}

/** Payloads by length, each made once. */
function paddedTexts(text: string): (length: number | undefined) => Uint8Array {
  const whole = encodeUtf8(text);
  const byLength = new Map<number, Uint8Array>();
  return (length) => {
    if (length === undefined || length > MAX_KEPT_LENGTH) return padded(whole, length);
    const known = byLength.get(length);
    if (known !== undefined) return known;
    const made = padded(whole, length);
    byLength.set(length, made);
    return made;
  };
}

function padded(whole: Uint8Array, length: number | undefined): Uint8Array {
  if (length === undefined) return whole;
  const bytes = new Uint8Array(length).fill(PADDING);
  bytes.set(whole.subarray(0, length));
  return bytes;
}
