// Part of every runtime that this package runs on, and of no library of TypeScript's that is free of a platform.
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const MAX_SHORT = 32;

/** The text of UTF-8 bytes, undefined when they are none. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  return shortAsciiText(bytes) ?? decoded(bytes);
}

/** UTF-8 bytes of a text. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Most texts here are a few letters, for which the decoder is slow. */
function shortAsciiText(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_SHORT) return undefined;
  let text = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
