import type { Block } from "./block-option.ts";

/** What a request of a peer said of blocks. */
export interface RequestBlocks {
  /** Of {@link bodyKey}. */
  readonly key: string;
  /** The last block of the request, which its answer repeats. */
  readonly block1: Block | undefined;
  /** The block of the answer that is wanted. */
  readonly block2: Block | undefined;
}
