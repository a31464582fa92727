import { type CoapMessage, OptionCursor } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A query parameter: `name=text`, `name=integer` within bounds, or `name` alone. */
export type QueryParameter =
  | { readonly type: "text" }
  | { readonly type: "flag" }
  | { readonly type: "integer"; readonly min: number; readonly max: number };

/** The Uri-Query options of a request, `name=value` or `name` each, checked against a declaration. */
export interface UriQuery {
  /** True when `name` is there, with or without value. */
  has(name: string): boolean;
  /** The value of a text parameter, undefined when absent. */
  text(name: string): string | undefined;
  /** The value of an integer parameter, undefined when absent. */
  integer(name: string): number | undefined;
}

/**
 * Parses queries by one declaration. Devices repeat themselves, so the last result is kept and
 * given again for the same bytes.
 */
export class QueryParser {
  readonly #declared: Readonly<Record<string, QueryParameter>>;
  #lastOptions = new Uint8Array(0);
  #last: UriQuery | string = new ParsedQuery(new Map());

  constructor(declared: Readonly<Record<string, QueryParameter>>) {
    this.#declared = declared;
  }

  /** The query of `message`, or a sentence that says what is wrong with it. */
  parse(message: CoapMessage): UriQuery | string {
    let start = -1;
    let end = 0;
    const cursor = new OptionCursor(message);
    let previousEnd = cursor.end;
    while (cursor.next() && cursor.number <= OptionNumber.uriQuery) {
      if (cursor.number === OptionNumber.uriQuery) {
        if (start < 0) start = previousEnd;
        end = cursor.end;
      }
      previousEnd = cursor.end;
    }
    if (start < 0) start = end = 0;
    // The head of the first option depends on the options before it: those differ by resource at
    // most, and a difference only costs a parse.
    if (!sameBytes(this.#lastOptions, message.bytes, start, end)) {
      this.#last = this.#parse(message);
      this.#lastOptions = new Uint8Array(message.bytes.subarray(start, end));
    }
    return this.#last;
  }

  #parse(message: CoapMessage): UriQuery | string {
    const values = new Map<string, string | number | true>();
    const cursor = new OptionCursor(message);
    while (cursor.next() && cursor.number <= OptionNumber.uriQuery) {
      if (cursor.number !== OptionNumber.uriQuery) continue;
      const part = decodeUtf8(message.bytes, cursor.start, cursor.end);
      const equals = part.indexOf("=");
      const name = equals < 0 ? part : part.slice(0, equals);
      const declared = Object.hasOwn(this.#declared, name) ? this.#declared[name] : undefined;
      if (declared === undefined) return `URI-query-option '${name}' is not supported!`;
      const value = parseValue(declared, equals < 0 ? undefined : part.slice(equals + 1));
      if (value === undefined) return `URI-query-option '${part}' is not valid!`;
      values.set(name, value);
    }
    return new ParsedQuery(values);
  }
}

class ParsedQuery implements UriQuery {
  readonly #values: ReadonlyMap<string, string | number | true>;

  constructor(values: ReadonlyMap<string, string | number | true>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  integer(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === "number" ? value : undefined;
  }
}

function parseValue(
  declared: QueryParameter,
  text: string | undefined,
): string | number | true | undefined {
  if (declared.type === "flag") return text === undefined ? true : undefined;
  if (text === undefined) return undefined;
  if (declared.type === "text") return text;
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= declared.min && value <= declared.max ? value : undefined;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
