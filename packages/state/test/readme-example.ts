import { createHash } from "node:crypto";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { StagedImport, StateReader, writeState } from "@dtls-cluster/state";

const sha256 = (data: Uint8Array): Uint8Array => createHash("sha256").update(data).digest();

/** Sends all connections; 64 KiB at a time, as fast as the receiver takes them. */
export function save(states: Iterable<ConnectionState>): Iterable<Uint8Array> {
  const header = { nodeId: 1, generation: 2, createdAt: Date.now() };
  const connections = [...states].map((state) => ({ state }));
  return writeState({ header, sha256, staleMs: 24 * 3_600_000 }, { connections });
}

/** Imports all connections, or throws a StateError that says where it broke and imports none. */
export function load(chunks: Iterable<Uint8Array>, take: (state: ConnectionState) => void): void {
  const reader = new StateReader({ sha256 });
  const stage = new StagedImport();
  for (const chunk of chunks) for (const item of reader.push(chunk)) stage.accept(item);
  reader.finish();
  for (const { state } of stage.commit().connections) take(state);
}
