import { wireOptions } from "./encode-message.ts";
import { encodeOptions } from "./encode-options.ts";
import { CoapMessage } from "./message.ts";
import type { CoapOption } from "./option.ts";

/** Options in whichever form, without those whose number is in `dropped` and with `added`, in wire form. */
export function editOptions(
  options: readonly CoapOption[] | Uint8Array | undefined,
  dropped: readonly number[],
  added: readonly CoapOption[],
): Uint8Array {
  const list = options instanceof Uint8Array ? listOptions(options) : (options ?? []);
  return encodeOptions([...list.filter(({ number }) => !dropped.includes(number)), ...added]);
}

/** The options of a received message in wire form, edited as by {@link editOptions}. */
export function editedOptionsOf(
  message: CoapMessage,
  dropped: readonly number[],
  added: readonly CoapOption[] = [],
): Uint8Array {
  return editOptions(message.options(), dropped, added);
}

/** The message with other options and another payload: header and token stay. */
export function rebuild(
  message: CoapMessage,
  options: Uint8Array,
  payload: Uint8Array,
): CoapMessage {
  const start = 4 + message.tokenLength;
  const end = start + options.length;
  const bytes = new Uint8Array(end + (payload.length === 0 ? 0 : 1 + payload.length));
  bytes.set(message.bytes.subarray(0, start));
  bytes.set(options, start);
  if (payload.length > 0) {
    bytes[end] = 0xff;
    bytes.set(payload, end + 1);
  }
  return new CoapMessage(bytes, end);
}

function listOptions(encoded: Uint8Array): readonly CoapOption[] {
  const bytes = new Uint8Array(4 + encoded.length);
  bytes[0] = 0x40;
  bytes.set(wireOptions(encoded), 4);
  return new CoapMessage(bytes, bytes.length).options();
}
