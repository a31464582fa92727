import { type CoapMessage, Code } from "@dtls-cluster/coap";
import type { Method } from "./config.ts";
import type { AnswerErrorKind } from "./tally.ts";
import type { Target } from "./target.ts";

/** Looks at code and length of each answer. */
export class AnswerCheck {
  readonly #verify: boolean;
  readonly #code: number;
  readonly #length: number | undefined;

  constructor(verify: boolean, method: Method, target: Target) {
    this.#verify = verify;
    this.#code = method === "GET" ? Code.content : Code.changed;
    this.#length = requestedLength(target.uriQuery);
  }

  /** What is wrong with the answer, undefined when nothing is. */
  check(response: CoapMessage): AnswerErrorKind | undefined {
    if (!this.#verify) return undefined;
    if (response.code !== this.#code) return "wrong-code";
    if (this.#length !== undefined && response.payloadLength !== this.#length)
      return "wrong-length";
    return undefined;
  }
}

/** The query parameter `rlen` asks the benchmark resource for that many bytes. */
function requestedLength(query: readonly string[]): number | undefined {
  const parameter = query.find((part) => /^rlen=\d+$/.test(part));
  return parameter === undefined ? undefined : Number(parameter.slice("rlen=".length));
}
