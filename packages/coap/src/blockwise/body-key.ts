import type { CoapMessage } from "../message.ts";
import { OptionNumber } from "../option.ts";

const LEFT_OUT: ReadonlySet<number> = new Set([
  OptionNumber.block1,
  OptionNumber.block2,
  OptionNumber.observe,
]);

/**
 * What the blocks of one body have in common: method and options, without those that differ from block to block or
 * are no part of the cache key (RFC 7252 section 5.4.6). Request-Tag (RFC 9175) tells bodies under way at one time apart.
 */
export function bodyKey(request: CoapMessage): string {
  let key = String.fromCharCode(request.code);
  for (const { number, value } of request.options()) {
    const isNoCacheKey = (number & 0x1e) === 0x1c;
    if (isNoCacheKey || LEFT_OUT.has(number)) continue;
    key += String.fromCharCode(number, value.length, ...value);
  }
  return key;
}
