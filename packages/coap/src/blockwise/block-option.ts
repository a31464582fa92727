import type { CoapMessage } from "../message.ts";
import { type CoapOption, OptionNumber } from "../option.ts";

/** The value of a Block1 or Block2 option (RFC 7959 section 2.2). */
export interface Block {
  /** Number of the block, 0 to 2^20 - 1. */
  readonly num: number;
  /** More blocks follow. */
  readonly more: boolean;
  /** Size exponent, 0 to 6. */
  readonly szx: number;
}

export type BlockOptionNumber = typeof OptionNumber.block1 | typeof OptionNumber.block2;

const MAX_NUM = (1 << 20) - 1;

/** Bytes of a block. */
export function blockSize(szx: number): number {
  return 16 << szx;
}

/** The largest exponent whose blocks have at most `bytes`; 0 for less than 16. */
export function exponentOf(bytes: number): number {
  let szx = 0;
  while (szx < 6 && blockSize(szx + 1) <= bytes) szx += 1;
  return szx;
}

/** The block option of a message; undefined when absent, "malformed" for a reserved or oversized value. */
export function blockOf(
  message: CoapMessage,
  number: BlockOptionNumber,
): Block | "malformed" | undefined {
  const bytes = message.option(number);
  if (bytes === undefined) return undefined;
  if (bytes.length > 3) return "malformed";
  let value = 0;
  for (const byte of bytes) value = (value << 8) | byte;
  const szx = value & 7;
  return szx === 7 ? "malformed" : { num: value >>> 4, more: (value & 8) !== 0, szx };
}

/** The option for a block, as it is sent; undefined when the number of the block has more than 20 bits. */
export function blockOption(number: BlockOptionNumber, block: Block): CoapOption | undefined {
  if (block.num > MAX_NUM) return undefined;
  return { number, value: block.num * 16 + (block.more ? 8 : 0) + block.szx };
}

/** True when a message carries Block1 or Block2; allocates nothing. */
export function hasBlockOption({ bytes, tokenLength, optionsEnd }: CoapMessage): boolean {
  let at = 4 + tokenLength;
  let number = 0;
  while (at < optionsEnd) {
    const head = bytes[at++] as number;
    let delta = head >> 4;
    let length = head & 15;
    if (delta === 13) delta = 13 + (bytes[at++] as number);
    else if (delta === 14) return false;
    if (length === 13) length = 13 + (bytes[at++] as number);
    else if (length === 14) {
      length = 269 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
      at += 2;
    }
    number += delta;
    if (number === OptionNumber.block1 || number === OptionNumber.block2) return true;
    if (number > OptionNumber.block1) return false;
    at += length;
  }
  return false;
}
