import { type CoapPeerState, CoapUsageError, createCoapEndpoint } from "@dtls-cluster/coap";
import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { type ConnectionState, createEndpoint, DtlsUsageError } from "@dtls-cluster/dtls";
import { StagedImport, StateError, StateReader, writeState } from "@dtls-cluster/state";
import { Random } from "@dtls-cluster/testkit";
import { type FuzzTarget, promise } from "../fuzz-target.ts";
import { DtlsWorld } from "./dtls-world.ts";

/** Stands for SHA-256, so that changed streams come through the check of their frames. */
const noChecksum = (): Uint8Array => new Uint8Array(32);
const crypto = createNodeCrypto();

/** A stream of saved connections from somebody who knows how to make its checksums. */
export const savedState: FuzzTarget = {
  name: "saved-state",
  summary: "streams of saved connections, up to their import into an endpoint",
  seeds: () => [stream(0), stream(2)],
  run(input) {
    const reader = new StateReader({ sha256: noChecksum });
    const staged = new StagedImport();
    try {
      const half = input.length >> 1;
      for (const part of [input.subarray(0, half), input.subarray(half)]) {
        for (const item of reader.push(part)) staged.accept(item);
      }
      reader.finish();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      promise(
        !staged.isComplete || /late|after|end/i.test(error.message),
        "a broken stream is not complete",
      );
      return `${error.code} ${error.message.replace(/\d+/g, "n")}`;
    }
    if (!staged.isComplete) return "incomplete";
    return imported(staged);
  },
};

function imported(staged: StagedImport): string {
  const random = new Random(3);
  const dtls = createEndpoint(
    { crypto, entropy: random, connectionId: { length: 6 } },
    { transmit: () => {}, data: () => {}, event: () => {} },
  );
  const endpoint = createCoapEndpoint<string>({ entropy: random }, { transmit: () => {} });
  let count = 0;
  try {
    for (const { state, coap: exchanges } of staged.commit().connections) {
      const connection = dtls.importConnection(state, 0);
      const peer = endpoint.openPeer("peer");
      for (const each of exchanges) endpoint.importPeer(peer, each, 0);
      dtls.send(connection, Uint8Array.of(1), 0);
      count += 1;
    }
  } catch (error) {
    const isKnown =
      error instanceof DtlsUsageError ||
      error instanceof CoapUsageError ||
      error instanceof StateError;
    if (!isKnown) throw error;
    return error.message.replace(/\d+/g, "n");
  }
  return `imported ${count}`;
}

function stream(connections: number): Uint8Array {
  const header = { nodeId: 1, generation: 2, createdAt: 1_750_000_000_000 };
  const all = Array.from({ length: connections }, () => ({ state: connectionState(), coap }));
  return Uint8Array.from(
    [...writeState({ header, sha256: noChecksum }, { connections: all })].flatMap((part) => [
      ...part,
    ]),
  );
}

const coap: CoapPeerState = {
  nextMessageId: 7,
  duplicates: [{ messageId: 5, kind: 0, ageMs: 10, answer: Uint8Array.of(0x61, 0x44, 0, 5, 9) }],
  unacknowledged: [Uint8Array.of(0x41, 0x45, 0, 6, 8)],
  observations: [{ request: Uint8Array.of(0x41, 1, 0, 1, 7), sequence: 3, lastMessageId: -1 }],
  bodies: [],
  mark: 4,
};

function connectionState(): ConnectionState {
  const world = new DtlsWorld();
  world.connect(7001);
  world.settle(10);
  const [connection] = world.server.connections();
  const state = connection && world.server.snapshot(connection, 0);
  if (state === undefined) throw new Error("the seed has no connection");
  return state;
}
