import { randomFillSync } from "node:crypto";
import type { Entropy } from "@dtls-cluster/dtls";

const blockLength = 8192;

/** Random bytes of node:crypto, drawn in blocks, because a draw costs the same for 8 bytes as for some thousands. */
export function createNodeEntropy(): Entropy {
  return new NodeEntropy();
}

class NodeEntropy implements Entropy {
  readonly #block = new Uint8Array(blockLength);
  #used = blockLength;

  fill(target: Uint8Array): void {
    if (target.length > blockLength) {
      randomFillSync(target);
      return;
    }
    if (target.length > blockLength - this.#used) {
      randomFillSync(this.#block);
      this.#used = 0;
    }
    const end = this.#used + target.length;
    target.set(this.#block.subarray(this.#used, end));
    // What was handed out may be a key: nothing that reads this block later may find it.
    this.#block.fill(0, this.#used, end);
    this.#used = end;
  }
}
