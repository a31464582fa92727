import type { CoapPeerState } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";
import type { NodeState, StateSummary } from "./items.ts";
import { StateWriter, type StateWriterOptions } from "./writer.ts";

/** What a whole stream is made of. */
export interface StateContents {
  readonly node?: NodeState;
  /** Asked for one connection at a time, so a generator need not hold them all. */
  readonly connections: Iterable<{
    readonly state: ConnectionState;
    readonly coap?: CoapPeerState;
  }>;
}

/**
 * A whole stream, from its header to its close mark, made as fast as the caller takes the chunks and
 * no faster. For a handover, which goes on after the end mark, use {@link StateWriter}.
 */
export function* writeState(
  options: StateWriterOptions,
  contents: StateContents,
): Generator<Uint8Array, StateSummary, void> {
  const writer = new StateWriter(options);
  if (contents.node !== undefined) writer.node(contents.node);
  for (const { state, coap } of contents.connections) {
    writer.connection(state, coap);
    yield* chunksOf(writer);
  }
  const summary = writer.end();
  writer.close();
  yield* chunksOf(writer);
  return summary;
}

function* chunksOf(writer: StateWriter): Generator<Uint8Array, void, void> {
  for (let chunk = writer.takeChunk(); chunk !== undefined; chunk = writer.takeChunk()) yield chunk;
}
