import type { Connection } from "@dtls-cluster/dtls";
import type { SecureCoap } from "../node/secure-coap.ts";
import { isQuiet } from "./connection-transfer.ts";

export interface LatePhaseOptions {
  readonly secure: SecureCoap;
  readonly clock: () => number;
  /** A connection is complete and its client knows it. */
  readonly complete: (connection: Connection) => void;
  /** No handshake is left. */
  readonly drained: () => void;
}

const CHECK_MS = 100;
/** Whose handshake takes longer begins it again at the new owner. */
const LONGEST_MS = 15_000;

/** Handshakes that end at the process which has handed everything else over. */
export class LatePhase {
  readonly #options: LatePhaseOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #endsAt: number;
  #isOver = false;

  constructor(options: LatePhaseOptions) {
    this.#options = options;
    this.#endsAt = options.clock() + LONGEST_MS;
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  /** A client has used its connection for the first time. */
  used(connection: Connection): void {
    // Its answer is sent first.
    setImmediate(() => {
      if (!this.#isOver && connection.phase === "connected") this.#options.complete(connection);
    });
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #check(): void {
    const { secure, clock, complete, drained } = this.#options;
    const now = clock();
    const isLast = now >= this.#endsAt;
    let left = isLast ? 0 : secure.dtls.stats().handshakes;
    for (const connection of secure.dtls.connections()) {
      if (isLast || !isQuiet(connection, now)) complete(connection);
      else left += 1;
    }
    if (left > 0 || this.#isOver) return;
    this.stop();
    drained();
  }
}
