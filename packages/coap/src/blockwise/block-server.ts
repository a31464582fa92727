import { Code, isSuccess } from "../code.ts";
import { editedOptionsOf, editOptions, rebuild } from "../edit-options.ts";
import type { CoapEndpoint } from "../endpoint.ts";
import { CoapUsageError } from "../errors.ts";
import type { CoapResponse } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { ObservationRow } from "../observe/observation.ts";
import { type CoapOption, OptionNumber } from "../option.ts";
import type { ServerRow } from "../server-row.ts";
import type { CoapSink } from "../sink.ts";
import { type Block, blockOf, blockOption, blockSize, hasBlockOption } from "./block-option.ts";
import { BlockRoom } from "./block-room.ts";
import type { BlockwiseOptions } from "./blockwise-options.ts";
import { Body } from "./body.ts";
import { bodyKey } from "./body-key.ts";
import type { BodyStore } from "./body-store.ts";
import { entityTag } from "./entity-tag.ts";
import type { RequestBlocks } from "./request-blocks.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const OF_REQUEST_BLOCKS = [OptionNumber.block1, OptionNumber.size1];
const OF_RESPONSE_BLOCKS = [OptionNumber.block2, OptionNumber.size2];

/** Requests that come in blocks, and answers that peers fetch in blocks (RFC 7959), any number of them at a time. */
export class BlockServer<T> {
  readonly #endpoint: Pick<CoapEndpoint<T>, "respond">;
  readonly #sink: CoapSink<T>;
  readonly #options: BlockwiseOptions;
  readonly #room: BlockRoom<T>;
  readonly #store: BodyStore<T>;
  /** The request that is executed right now: its answer may need to know of it. */
  #current: { readonly row: ServerRow<T>; readonly request: CoapMessage } | undefined = undefined;

  constructor(
    endpoint: Pick<CoapEndpoint<T>, "respond">,
    sink: CoapSink<T>,
    options: BlockwiseOptions,
    room: BlockRoom<T>,
    store: BodyStore<T>,
  ) {
    this.#endpoint = endpoint;
    this.#sink = sink;
    this.#options = options;
    this.#room = room;
    this.#store = store;
  }

  receive(row: ServerRow<T>, request: CoapMessage, now: number): void {
    if (!hasBlockOption(request)) {
      this.#execute(row, request, now);
      return;
    }
    const block1 = blockOf(request, OptionNumber.block1);
    const block2 = blockOf(request, OptionNumber.block2);
    if (block1 === "malformed" || block2 === "malformed") {
      this.#endpoint.respond(row, { code: Code.badOption }, now);
      return;
    }
    row.blocks = { key: bodyKey(request), block1, block2 };
    if (block1 !== undefined && (block1.more || block1.num > 0)) {
      this.#takeBlock(row, request, block1, row.blocks.key, now);
    } else if (block2 !== undefined && block2.num > 0) {
      this.#continue(row, request, block2, row.blocks.key, now);
    } else {
      this.#execute(row, request, now);
    }
  }

  respond(row: ServerRow<T>, response: CoapResponse, now: number): boolean {
    const { payload = NOTHING, options } = response;
    const fits = this.#room.fits(row.peer, options, payload.length);
    const isObservation = row instanceof ObservationRow;
    if (fits && row.blocks === undefined && !isObservation) {
      return this.#endpoint.respond(row, response, now);
    }
    if (!row.isOpen) return false;
    const blocks = this.#blocksOf(row);
    const isAsked = blocks.block2 !== undefined && !isObservation;
    if (fits && !isAsked && payload.length <= blockSize(blocks.block2?.szx ?? 6)) {
      const echoed = blocks.block1 === undefined ? options : edited(options, [], blocks.block1);
      return this.#endpoint.respond(row, { ...response, options: echoed }, now);
    }
    if (payload.length > this.#options.maxBodyLength) {
      throw new CoapUsageError(
        `a body of ${payload.length} bytes exceeds maxBodyLength ${this.#options.maxBodyLength}`,
      );
    }
    const tagged = withEntityTag(response, payload);
    const body = new Body<T>(row.peer, "download", blocks.key, response.code, tagged);
    const wanted = blocks.block2 ?? { num: 0, more: false, szx: 6 };
    const isSent = this.#sendBlock(row, blocks, body, payload, wanted, now);
    if (isSent && payload.length > blockSize(this.#exponent(body, wanted))) {
      body.append(payload);
      this.#store.add(body, now);
    }
    return isSent;
  }

  #execute(row: ServerRow<T>, request: CoapMessage, now: number): void {
    const before = this.#current;
    this.#current = { row, request };
    try {
      this.#sink.request?.(row, request, now);
    } finally {
      this.#current = before;
    }
    // The answer comes later, and the request's bytes are not kept.
    if (row.isOpen) row.blocks ??= { key: bodyKey(request), block1: undefined, block2: undefined };
  }

  #takeBlock(
    row: ServerRow<T>,
    request: CoapMessage,
    { num, more, szx }: Block,
    key: string,
    now: number,
  ): void {
    const { maxBodyLength } = this.#options;
    const { payload } = request;
    const size = blockSize(szx);
    if (more ? payload.length !== size : payload.length > size) {
      this.#endpoint.respond(row, { code: Code.badRequest }, now);
      return;
    }
    const announced = num === 0 ? (request.uintOption(OptionNumber.size1) ?? 0) : 0;
    if (Math.max(announced, num * size + payload.length) > maxBodyLength) {
      const options = [{ number: OptionNumber.size1, value: maxBodyLength }];
      this.#endpoint.respond(row, { code: Code.requestEntityTooLarge, options }, now);
      return;
    }
    const body = this.#bodyFor(row, num, key, now);
    // The last block again: its answer was lost for longer than it is remembered, or the client began it anew.
    const isRepeated = body !== undefined && num * size + payload.length === body.length;
    if (body === undefined || (num * size !== body.length && !isRepeated)) {
      this.#endpoint.respond(row, { code: Code.requestEntityIncomplete }, now);
      return;
    }
    if (!isRepeated) this.#store.append(body, payload, now);
    if (more) {
      const next = Math.min(szx, this.#room.exponent(row.peer, undefined));
      const options = edited(undefined, [], { num, more, szx: next });
      this.#endpoint.respond(row, { code: Code.continue, options }, now);
      return;
    }
    this.#store.drop(body);
    const options = editedOptionsOf(request, OF_REQUEST_BLOCKS);
    this.#execute(row, rebuild(request, options, body.bytes), now);
  }

  #bodyFor(row: ServerRow<T>, num: number, key: string, now: number): Body<T> | undefined {
    if (num > 0) return this.#store.find(row.peer, "upload", key);
    const body = new Body<T>(row.peer, "upload", key);
    this.#store.add(body, now);
    return body;
  }

  #continue(
    row: ServerRow<T>,
    request: CoapMessage,
    block2: Block,
    key: string,
    now: number,
  ): void {
    const body = this.#store.find(row.peer, "download", key);
    if (body !== undefined) {
      this.#store.touch(body, now);
      this.#sendBlock(row, this.#blocksOf(row), body, body.bytes, block2, now);
    } else if (request.code === Code.get || request.code === Code.fetch) {
      this.#execute(row, request, now);
    } else {
      this.#endpoint.respond(row, { code: Code.requestEntityIncomplete }, now);
    }
  }

  #sendBlock(
    row: ServerRow<T>,
    { block1 }: RequestBlocks,
    { peer, code, options }: Body<T>,
    bytes: Uint8Array,
    wanted: Block,
    now: number,
  ): boolean {
    const szx = this.#exponent({ peer, options }, wanted);
    // A client that asked for larger blocks means the place that it counted in those.
    const num = (wanted.num * blockSize(wanted.szx)) / blockSize(szx);
    const payload = BlockRoom.slice(bytes, num, szx);
    const more = (num + 1) * blockSize(szx) < bytes.length;
    const block = blockOption(OptionNumber.block2, { num, more, szx });
    if (block === undefined || (payload.length === 0 && num > 0)) {
      return this.#endpoint.respond(row, { code: Code.badOption }, now);
    }
    const added: CoapOption[] = [block];
    if (num === 0) added.push({ number: OptionNumber.size2, value: bytes.length });
    return this.#endpoint.respond(
      row,
      { code, options: edited(options, added, block1), payload },
      now,
    );
  }

  #exponent(body: Pick<Body<T>, "peer" | "options">, wanted: Block): number {
    return Math.min(wanted.szx, this.#room.exponent(body.peer, body.options));
  }

  #blocksOf(row: ServerRow<T>): RequestBlocks {
    if (row.blocks !== undefined) return row.blocks;
    const request =
      row instanceof ObservationRow
        ? row.request
        : this.#current?.row === row
          ? this.#current.request
          : undefined;
    if (request === undefined) return { key: "", block1: undefined, block2: undefined };
    const block2 = blockOf(request, OptionNumber.block2);
    const blocks: RequestBlocks = {
      key: bodyKey(request),
      block1: undefined,
      block2: block2 === "malformed" || block2 === undefined ? undefined : { ...block2, num: 0 },
    };
    row.blocks = blocks;
    return blocks;
  }
}

function edited(
  options: CoapResponse["options"],
  added: readonly CoapOption[],
  block1: Block | undefined,
): Uint8Array {
  const echo = block1 && blockOption(OptionNumber.block1, block1);
  return editOptions(options, OF_RESPONSE_BLOCKS, echo === undefined ? added : [...added, echo]);
}

function withEntityTag({ code, options }: CoapResponse, payload: Uint8Array): Uint8Array {
  const bare = editOptions(options, OF_RESPONSE_BLOCKS, []);
  if (!isSuccess(code)) return bare;
  const tag = { number: OptionNumber.eTag, value: entityTag(payload) };
  const has = editOptions(bare, [OptionNumber.eTag], []).length !== bare.length;
  return has ? bare : editOptions(bare, [], [tag]);
}
