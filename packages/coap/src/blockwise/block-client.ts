import type { ClientRow } from "../client-row.ts";
import { Code, isSuccess } from "../code.ts";
import { editedOptionsOf, editOptions, rebuild } from "../edit-options.ts";
import type { EntropyPool } from "../entropy-pool.ts";
import { CoapUsageError } from "../errors.ts";
import type { CoapRequest } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { OptionNumber } from "../option.ts";
import type { CoapPeer } from "../peer.ts";
import type { CoapSink, FailureReason } from "../sink.ts";
import { blockOf, blockOption, blockSize, hasBlockOption } from "./block-option.ts";
import type { BlockRoom } from "./block-room.ts";
import type { BlockwiseOptions } from "./blockwise-options.ts";
import {
  blockRequest,
  challengeOf,
  continues,
  isTooLarge,
  joined,
  OF_BLOCKS,
  sizeOf,
  tagOf,
  withEcho,
} from "./client-blocks.ts";
import { ClientTransfer, type Download, type Upload } from "./client-transfer.ts";

const MAX_RESTARTS = 3;

/** The inner endpoint: its exchanges are rows. */
export interface RowEndpoint<T> {
  request(
    peer: CoapPeer<T>,
    request: CoapRequest,
    now: number,
    attachment?: unknown,
    transfer?: ClientTransfer<T>,
  ): ClientRow<T> | undefined;
  cancel(row: ClientRow<T>): void;
}

/** Own requests whose body, or whose response's, takes several messages (RFC 7959), or a proof of freshness (RFC 9175). */
export class BlockClient<T> {
  readonly #endpoint: RowEndpoint<T>;
  readonly #sink: CoapSink<T>;
  readonly #options: BlockwiseOptions;
  readonly #room: BlockRoom<T>;
  readonly #entropy: EntropyPool;
  /** Bodies on their way to peers. */
  #uploads = 0;

  constructor(
    endpoint: RowEndpoint<T>,
    sink: CoapSink<T>,
    options: BlockwiseOptions,
    room: BlockRoom<T>,
    entropy: EntropyPool,
  ) {
    this.#endpoint = endpoint;
    this.#sink = sink;
    this.#options = options;
    this.#room = room;
    this.#entropy = entropy;
  }

  request(
    peer: CoapPeer<T>,
    request: CoapRequest,
    now: number,
    attachment: unknown,
  ): ClientRow<T> | undefined {
    const length = request.payload?.length ?? 0;
    if (this.#room.fits(peer, request.options, length)) {
      return this.#endpoint.request(peer, request, now, attachment);
    }
    if (length > this.#options.maxBodyLength) {
      throw new CoapUsageError(
        `a body of ${length} bytes exceeds maxBodyLength ${this.#options.maxBodyLength}`,
      );
    }
    if (request.observe === true) {
      throw new CoapUsageError("a request that observes must fit one message");
    }
    const transfer = new ClientTransfer<T>(request, false);
    const upload = this.#newUpload(peer, request);
    this.#setUpload(transfer, upload);
    const block = blockRequest(request, upload);
    const row = this.#endpoint.request(peer, block, now, attachment, transfer);
    if (row === undefined) this.#setUpload(transfer, undefined);
    return row;
  }

  cancel(handle: ClientRow<T>): void {
    const { transfer } = handle;
    if (transfer !== undefined && transfer.handle === handle) this.#leave(transfer);
    this.#endpoint.cancel(handle);
  }

  response(row: ClientRow<T>, response: CoapMessage, now: number): void {
    const transfer = row.transfer;
    if (transfer === undefined || transfer.current !== row) this.#first(row, response, false, now);
    else this.#next(transfer, response, now);
  }

  notification(row: ClientRow<T>, response: CoapMessage, now: number): void {
    // A newer state ends the way of the older one (RFC 7959 section 2.6), also of the first.
    const isFirst = row.transfer?.isNotification === false;
    if (row.transfer !== undefined) this.#leave(row.transfer);
    this.#first(row, response, !isFirst, now);
  }

  failed(row: ClientRow<T>, reason: FailureReason, now: number): void {
    const transfer = row.transfer;
    if (transfer === undefined) this.#sink.failed?.(row, reason, now);
    else this.#fail(transfer, reason, now);
  }

  retransmitted(row: ClientRow<T>, now: number): void {
    const handle = row.transfer?.handle ?? row;
    if (handle !== row) handle.retransmissions += 1;
    this.#sink.retransmitted?.(handle, now);
  }

  /** A response to what the caller asked, in one message until it says otherwise. */
  #first(row: ClientRow<T>, response: CoapMessage, isNotification: boolean, now: number): void {
    const { request } = row;
    const isWhole = request === undefined || !this.#goesOn(request, response);
    if (isWhole) {
      if (isNotification) this.#sink.notification?.(row, response, now);
      else this.#sink.response?.(row, response, now);
      return;
    }
    const transfer = new ClientTransfer<T>(request, isNotification);
    transfer.follow(row);
    this.#next(transfer, response, now);
  }

  #goesOn(request: CoapRequest, response: CoapMessage): boolean {
    if (response.code === Code.unauthorized) return challengeOf(request, response) !== undefined;
    if (!hasBlockOption(response)) return false;
    const block2 = blockOf(response, OptionNumber.block2);
    return block2 === "malformed" || block2?.more === true || isTooLarge(response);
  }

  #next(transfer: ClientTransfer<T>, response: CoapMessage, now: number): void {
    const echo = challengeOf(transfer.request, response);
    if (echo !== undefined) {
      transfer.request = { ...transfer.request, options: withEcho(transfer.request, echo) };
      this.#again(transfer, undefined, now);
    } else if (transfer.download !== undefined) {
      this.#takeBlock(transfer, transfer.download, response, now);
    } else if (transfer.upload !== undefined || isTooLarge(response)) {
      this.#uploaded(transfer, response, now);
    } else {
      this.#begin(transfer, response, now);
    }
  }

  #uploaded(transfer: ClientTransfer<T>, response: CoapMessage, now: number): void {
    const { request, upload } = transfer;
    const block1 = blockOf(response, OptionNumber.block1);
    const offered = typeof block1 === "object" ? block1.szx : undefined;
    const total = request.payload?.length ?? 0;
    if (isTooLarge(response) && offered !== undefined && offered < (upload?.szx ?? 7)) {
      this.#again(transfer, offered, now);
      return;
    }
    if (response.code === Code.requestEntityIncomplete && upload !== undefined) {
      this.#again(transfer, upload.szx, now, response);
      return;
    }
    const sent = upload === undefined ? total : upload.offset + blockSize(upload.szx);
    if (response.code !== Code.continue || upload === undefined || sent >= total) {
      this.#setUpload(transfer, undefined);
      this.#begin(transfer, response, now);
      return;
    }
    upload.offset = sent;
    upload.szx = Math.min(upload.szx, offered ?? upload.szx);
    this.#ask(transfer, blockRequest(request, upload), now);
  }

  /** The answer to the whole request: perhaps the first of its blocks. */
  #begin(transfer: ClientTransfer<T>, response: CoapMessage, now: number): void {
    const block = blockOf(response, OptionNumber.block2);
    if (block === undefined || (typeof block === "object" && block.num === 0 && !block.more)) {
      this.#deliver(transfer, response, now);
    } else if (block === "malformed" || block.num > 0) {
      this.#fail(transfer, "body-inconsistent", now);
    } else {
      const first = response.copy();
      transfer.download = {
        first,
        entityTag: tagOf(first),
        blocks: [],
        length: 0,
        szx: block.szx,
      };
      this.#takeBlock(transfer, transfer.download, first, now);
    }
  }

  #takeBlock(
    transfer: ClientTransfer<T>,
    download: Download,
    response: CoapMessage,
    now: number,
  ): void {
    if (!isSuccess(response.code)) {
      this.#deliver(transfer, response, now);
      return;
    }
    const block = blockOf(response, OptionNumber.block2);
    const { payload } = response;
    if (typeof block !== "object" || !continues(download, block, payload.length)) {
      this.#fail(transfer, "body-inconsistent", now);
      return;
    }
    if (tagOf(response) !== download.entityTag || response.code !== download.first.code) {
      const { code } = transfer.request;
      // Only what changes nothing may be asked again.
      if (code === Code.get || code === Code.fetch) this.#again(transfer, undefined, now);
      else this.#fail(transfer, "body-inconsistent", now);
      return;
    }
    download.blocks.push(new Uint8Array(payload));
    download.length += payload.length;
    download.szx = block.szx;
    if (Math.max(download.length, sizeOf(response)) > this.#options.maxBodyLength) {
      this.#fail(transfer, "body-too-large", now);
    } else if (block.more) {
      this.#askBlock(transfer, download, now);
    } else {
      const options = editedOptionsOf(download.first, OF_BLOCKS);
      this.#deliver(transfer, rebuild(download.first, options, joined(download)), now);
    }
  }

  #askBlock(transfer: ClientTransfer<T>, { length, szx }: Download, now: number): void {
    const num = length / blockSize(szx);
    const block = blockOption(OptionNumber.block2, { num, more: false, szx });
    if (block === undefined) {
      this.#fail(transfer, "body-too-large", now);
      return;
    }
    const dropped = [...OF_BLOCKS, OptionNumber.observe];
    const options = editOptions(transfer.request.options, dropped, [block]);
    this.#ask(transfer, { ...transfer.request, options, payload: undefined, observe: false }, now);
  }

  /** Begins anew, with blocks of the request when `szx` is given or its body is longer than a message. */
  #again(
    transfer: ClientTransfer<T>,
    szx: number | undefined,
    now: number,
    response?: CoapMessage,
  ): void {
    transfer.restarts += 1;
    if (transfer.restarts > MAX_RESTARTS) {
      if (response === undefined) this.#fail(transfer, "body-inconsistent", now);
      else this.#deliver(transfer, response, now);
      return;
    }
    transfer.download = undefined;
    const { request, handle } = transfer;
    const fits = this.#room.fits(handle.peer, request.options, request.payload?.length ?? 0);
    this.#setUpload(transfer, undefined);
    if (fits && szx === undefined) {
      this.#ask(transfer, { ...request, observe: false }, now);
      return;
    }
    const upload = this.#newUpload(handle.peer, request);
    upload.szx = Math.min(upload.szx, szx ?? 6);
    this.#setUpload(transfer, upload);
    this.#ask(transfer, blockRequest(request, upload), now);
  }

  #ask(transfer: ClientTransfer<T>, request: CoapRequest, now: number): void {
    const { peer } = transfer.handle;
    const row = this.#endpoint.request(peer, request, now, undefined, transfer);
    if (row === undefined) this.#fail(transfer, "refused", now);
  }

  #newUpload(peer: CoapPeer<T>, request: CoapRequest): Upload {
    let tag: Uint8Array | undefined;
    if (this.#uploads > 0) {
      tag = new Uint8Array(4);
      new DataView(tag.buffer).setInt32(0, this.#entropy.int32());
    }
    return { offset: 0, szx: this.#room.exponent(peer, request.options), tag };
  }

  #setUpload(transfer: ClientTransfer<T>, upload: Upload | undefined): void {
    this.#uploads += (upload === undefined ? 0 : 1) - (transfer.upload === undefined ? 0 : 1);
    transfer.upload = upload;
  }

  /** The handle is free of the transfer, whose request under way is forgotten. */
  #leave(transfer: ClientTransfer<T>): void {
    const { current, handle } = transfer;
    this.#setUpload(transfer, undefined);
    handle.transfer = undefined;
    if (current === undefined || current === handle) return;
    current.transfer = undefined;
    this.#endpoint.cancel(current);
  }

  #deliver(transfer: ClientTransfer<T>, response: CoapMessage, now: number): void {
    const { handle, isNotification } = transfer;
    this.#leave(transfer);
    if (isNotification) this.#sink.notification?.(handle, response, now);
    else this.#sink.response?.(handle, response, now);
  }

  #fail(transfer: ClientTransfer<T>, reason: FailureReason, now: number): void {
    const { handle } = transfer;
    this.#leave(transfer);
    // A state that could not be fetched is made up for by the next notification.
    if (transfer.isNotification && handle.isWaiting) return;
    this.#endpoint.cancel(handle);
    this.#sink.failed?.(handle, reason, now);
  }
}
