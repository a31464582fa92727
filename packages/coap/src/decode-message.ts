import { CoapMessage } from "./message.ts";
import { OptionScanner } from "./option-scanner.ts";

const scanner = new OptionScanner();

/**
 * Checks the format of a message (RFC 7252 section 3) and returns a view of it, or undefined when
 * it is malformed: another version, a token longer than 8 or than the message, a reserved option
 * nibble, an option beyond the end, a payload marker without payload, an empty message that is not.
 * Critical options are not judged here.
 */
export function decodeMessage(bytes: Uint8Array): CoapMessage | undefined {
  if (!hasValidHeader(bytes)) return undefined;
  const optionsEnd = scanner.scan(bytes);
  return optionsEnd < 0 ? undefined : new CoapMessage(bytes, optionsEnd);
}

/** The checks that need no look at the options. */
export function hasValidHeader(bytes: Uint8Array): boolean {
  const size = bytes.length;
  if (size < 4) return false;
  const first = bytes[0] as number;
  const tokenLength = first & 15;
  if (first >> 6 !== 1 || tokenLength > 8 || 4 + tokenLength > size) return false;
  return bytes[1] !== 0 || size === 4;
}
