import { encodeOptions } from "./encode-options.ts";
import { CoapUsageError } from "./errors.ts";
import type { MessageType } from "./message-type.ts";
import type { CoapOption } from "./option.ts";

/** A message as plain fields. */
export interface MessageFields {
  readonly type: MessageType;
  /** 0 to 255, see {@link Code}. */
  readonly code: number;
  /** 0 to 65535. */
  readonly messageId: number;
  /** 0 to 8 bytes. Default empty. */
  readonly token?: Uint8Array | undefined;
  /** A list in any order, or the result of {@link encodeOptions}. */
  readonly options?: readonly CoapOption[] | Uint8Array | undefined;
  readonly payload?: Uint8Array | undefined;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * The message in wire form.
 * @throws CoapUsageError for a field out of range, or an empty message (code 0.00) with content.
 */
export function encodeMessage(fields: MessageFields): Uint8Array {
  const { type, code, messageId, token = NOTHING } = fields;
  if (!(Number.isInteger(code) && code >= 0 && code <= 255)) {
    throw new CoapUsageError(`code ${code} is not 0 to 255`);
  }
  if (!(Number.isInteger(messageId) && messageId >= 0 && messageId <= 65535)) {
    throw new CoapUsageError(`message id ${messageId} is not 0 to 65535`);
  }
  if (token.length > 8) throw new CoapUsageError("a token has at most 8 bytes");
  const options = wireOptions(fields.options);
  const payload = fields.payload ?? NOTHING;
  const bytes = new Uint8Array(messageLength(token.length, options, payload));
  if (code === 0 && bytes.length > 4) {
    throw new CoapUsageError("an empty message has no token, options or payload");
  }
  writeHeader(bytes, type, token.length, code, messageId);
  bytes.set(token, 4);
  writeBody(bytes, 4 + token.length, options, payload);
  return bytes;
}

/** Options in wire form, whichever way they were given. */
export function wireOptions(options: readonly CoapOption[] | Uint8Array | undefined): Uint8Array {
  if (options === undefined) return NOTHING;
  return options instanceof Uint8Array ? options : encodeOptions(options);
}

export function messageLength(
  tokenLength: number,
  options: Uint8Array,
  payload: Uint8Array,
): number {
  const payloadLength = payload.length === 0 ? 0 : payload.length + 1;
  return 4 + tokenLength + options.length + payloadLength;
}

export function writeHeader(
  target: Uint8Array,
  type: number,
  tokenLength: number,
  code: number,
  messageId: number,
): void {
  target[0] = 0x40 | (type << 4) | tokenLength;
  target[1] = code;
  target[2] = messageId >> 8;
  target[3] = messageId & 255;
}

/** Writes options, marker and payload from `at` on. */
export function writeBody(
  target: Uint8Array,
  at: number,
  options: Uint8Array,
  payload: Uint8Array,
): void {
  for (let index = 0; index < options.length; index += 1) {
    target[at + index] = options[index] as number;
  }
  if (payload.length === 0) return;
  target[at + options.length] = 0xff;
  target.set(payload, at + options.length + 1);
}
