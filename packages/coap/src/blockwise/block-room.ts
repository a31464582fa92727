import { wireOptions } from "../encode-message.ts";
import type { CoapOption } from "../option.ts";
import type { CoapPeer } from "../peer.ts";
import type { CoapSink } from "../sink.ts";
import { blockSize, exponentOf } from "./block-option.ts";
import type { BlockwiseOptions } from "./blockwise-options.ts";

/** Header, longest token, and the options that blocks add: Block1, Block2, Size, ETag, Observe, Request-Tag, marker. */
const OVERHEAD = 4 + 8 + 40;

/** How much of a body a message to a peer has room for. */
export class BlockRoom<T> {
  readonly #options: BlockwiseOptions;
  readonly #sink: CoapSink<T>;

  constructor(options: BlockwiseOptions, sink: CoapSink<T>) {
    this.#options = options;
    this.#sink = sink;
  }

  /** True when a payload goes in one message. */
  fits(
    peer: CoapPeer<T>,
    options: readonly CoapOption[] | Uint8Array | undefined,
    payloadLength: number,
  ): boolean {
    if (payloadLength > this.#options.preferredBlockSize) return false;
    const limit = this.#sink.messageLimit?.(peer);
    if (limit === undefined) return true;
    const bare = limit - OVERHEAD - payloadLength;
    return bare >= 0 && bare >= wireOptions(options).length;
  }

  /** Size exponent of the largest blocks to the peer. */
  exponent(peer: CoapPeer<T>, options: readonly CoapOption[] | Uint8Array | undefined): number {
    const preferred = exponentOf(this.#options.preferredBlockSize);
    const limit = this.#sink.messageLimit?.(peer);
    if (limit === undefined) return preferred;
    return Math.min(preferred, exponentOf(limit - OVERHEAD - wireOptions(options).length));
  }

  /** The part of a body that is block `num`. */
  static slice(body: Uint8Array, num: number, szx: number): Uint8Array {
    const size = blockSize(szx);
    return body.subarray(num * size, (num + 1) * size);
  }
}
