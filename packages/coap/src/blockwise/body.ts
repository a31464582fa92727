import type { Deadline } from "@dtls-cluster/deadlines";
import type { Association } from "../association.ts";

/** "upload": a request of the peer that comes in blocks. "download": an answer that it fetches in blocks. */
export type BodyKind = "upload" | "download";

const NOTHING: Uint8Array = new Uint8Array(0);
const SMALLEST = 256;

/** A body of which the peer sends or fetches blocks. As a deadline it is due when nobody asked for too long. */
export class Body<T> implements Deadline {
  readonly peer: Association<T>;
  readonly kind: BodyKind;
  readonly key: string;
  /** Of a download: code and options of the answer, without Block2 and Size2. */
  readonly code: number;
  readonly options: Uint8Array;
  length = 0;
  dueAt = 0;
  queueIndex = -1;
  #bytes: Uint8Array = NOTHING;

  constructor(
    peer: Association<T>,
    kind: BodyKind,
    key: string,
    code = 0,
    options: Uint8Array = NOTHING,
  ) {
    this.peer = peer;
    this.kind = kind;
    this.key = key;
    this.code = code;
    this.options = options;
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#bytes.length + this.options.length;
  }

  /** A view, valid until the next {@link append}. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  append(more: Uint8Array): void {
    const length = this.length + more.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(SMALLEST, length, 2 * this.length));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(more, this.length);
    this.length = length;
  }
}
