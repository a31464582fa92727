import { Code } from "../code.ts";
import { editOptions } from "../edit-options.ts";
import type { CoapRequest } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { type CoapOption, OptionNumber } from "../option.ts";
import { type Block, blockOf, blockOption, blockSize } from "./block-option.ts";
import { BlockRoom } from "./block-room.ts";
import type { Download, Upload } from "./client-transfer.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** Options that tell of blocks: each request of a transfer has its own. */
export const OF_BLOCKS: readonly number[] = [
  OptionNumber.block1,
  OptionNumber.block2,
  OptionNumber.size1,
  OptionNumber.size2,
];

/** The request for the block of its body that begins at `offset`. */
export function blockRequest(request: CoapRequest, { offset, szx, tag }: Upload): CoapRequest {
  const body = request.payload ?? NOTHING;
  const num = offset / blockSize(szx);
  const payload = BlockRoom.slice(body, num, szx);
  const more = offset + payload.length < body.length;
  const block = blockOption(OptionNumber.block1, { num, more, szx });
  const added: CoapOption[] = block === undefined ? [] : [block];
  if (offset === 0) added.push({ number: OptionNumber.size1, value: body.length });
  if (tag !== undefined) added.push({ number: OptionNumber.requestTag, value: tag });
  return { ...request, options: editOptions(request.options, OF_BLOCKS, added), payload };
}

/** 4.13 with a block size: the server wants the body in (smaller) blocks (RFC 7959 section 2.9.3). */
export function isTooLarge(response: CoapMessage): boolean {
  return (
    response.code === Code.requestEntityTooLarge &&
    typeof blockOf(response, OptionNumber.block1) === "object"
  );
}

/** What 4.01 wants to get back (RFC 9175 section 2.3), unless it was given already. */
export function challengeOf(request: CoapRequest, response: CoapMessage): Uint8Array | undefined {
  if (response.code !== Code.unauthorized) return undefined;
  const echo = response.option(OptionNumber.echo);
  const isFirst = !hasOption(request, OptionNumber.echo);
  return echo !== undefined && isFirst ? new Uint8Array(echo) : undefined;
}

export function withEcho(request: CoapRequest, value: Uint8Array): Uint8Array {
  return editOptions(request.options, [OptionNumber.echo], [{ number: OptionNumber.echo, value }]);
}

function hasOption({ options }: CoapRequest, number: number): boolean {
  return editOptions(options, [], []).length !== editOptions(options, [number], []).length;
}

/** A block follows on what is there already, and is full unless it is the last. */
export function continues({ length }: Download, { num, more, szx }: Block, bytes: number): boolean {
  const size = blockSize(szx);
  return num * size === length && (more ? bytes === size : bytes <= size);
}

export function tagOf(response: CoapMessage): string {
  return (response.option(OptionNumber.eTag) ?? NOTHING).join();
}

export function sizeOf(response: CoapMessage): number {
  return response.uintOption(OptionNumber.size2) ?? 0;
}

export function joined({ blocks, length }: Download): Uint8Array {
  const body = new Uint8Array(length);
  let at = 0;
  for (const block of blocks) {
    body.set(block, at);
    at += block.length;
  }
  return body;
}
