import { firstSequence, type HandoverState } from "@dtls-cluster/handover";
import { readCaliforniumState } from "@dtls-cluster/state/californium";
import { giveConnections } from "../californium/give-connections.ts";
import {
  CALIFORNIUM_GENERATION,
  connectorsOf,
  takeConnections,
} from "../californium/take-connections.ts";
import type { HandoverContext } from "./context.ts";

/**
 * A handover from or to a node of Californium. It knows one step only: whoever is asked stops serving, and streams
 * what it has.
 */
export class CaliforniumDouble {
  readonly #context: HandoverContext;
  #hasGiven = false;

  constructor(context: HandoverContext) {
    this.#context = context;
  }

  /** Everything went to a node of Californium: this process serves nobody any more. */
  get hasGiven(): boolean {
    return this.#hasGiven;
  }

  /**
   * Stops for ever, and gives the connections out: a second time none, as Californium does.
   * @returns undefined while this process does not serve, or hands over to another one.
   */
  give(phase: HandoverState["phase"]): Uint8Array | undefined {
    const { clock, config, gate, log, secure } = this.#context;
    if (!this.#hasGiven && (phase !== "serving" || gate.mode !== "open")) return undefined;
    this.#hasGiven = true;
    gate.mode = "closed";
    const startedAt = performance.now();
    const { bytes, written, unwritten, skipped } = giveConnections(
      (connection) => secure.dtls.exportConnection(connection, clock()),
      { config: config.californium, staleMs: config.staleMs, secure, log },
    );
    secure.dtls.sealForEver();
    const ms = Math.round(performance.now() - startedAt);
    const line = {
      event: "given-to-californium",
      connections: written,
      unwritten: unwritten.length,
    };
    log.info(
      { ...line, skipped, bytes: bytes.length, version: config.californium.version, ms },
      `gave ${written} connections to a node of Californium; this process is sealed`,
    );
    return bytes;
  }

  /**
   * Imports what a node of Californium streamed, behind the closed gate.
   * @returns the generation to own with.
   * @throws CaliforniumStateError when the stream is damaged; nothing is imported then.
   */
  take(bytes: Uint8Array): number {
    const { config, log, secure } = this.#context;
    const isConnector = connectorsOf(config.californium);
    const found = readCaliforniumState(bytes, { wallTime: Date.now(), isConnector });
    const { connections, refused } = takeConnections(found, {
      ...this.#context,
      isClustered: true,
    });
    const generation = CALIFORNIUM_GENERATION + 1;
    secure.dtls.advanceSequences(firstSequence(generation));
    log.info(
      { event: "took-over", from: "californium", connections, refused, bytes: bytes.length },
      `took ${connections} connections over from a node of Californium, ${refused} could not be taken`,
    );
    return generation;
  }
}
