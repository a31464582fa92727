import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  connectionKey,
  StagedImport,
  type StateItem,
  StateWriter,
  writeState,
} from "../src/index.ts";
import {
  anyCoap,
  anyConnection,
  join,
  readAll,
  sampleCoap,
  sampleConnection,
  sha256,
} from "./support/sample-states.ts";

const header = { nodeId: 7, generation: 3, createdAt: 1_795_000_000_000 };

describe("a stream of states", () => {
  it("gives back any connection and any CoAP state", () => {
    fc.assert(
      fc.property(anyConnection, fc.option(anyCoap, { nil: undefined }), (state, coap) => {
        const writer = new StateWriter({ header, sha256 });
        writer.connection(state, coap);
        const items = readAll(finish(writer));
        expect(items[1]).toMatchObject({ kind: "connection" });
        expect(unpacked(items[1])).toEqual({ state, coap });
      }),
      { numRuns: 300 },
    );
  });

  it("keeps whether return routability checks were agreed on", () => {
    const state = { ...sampleConnection(1), checksPath: true };
    const writer = new StateWriter({ header, sha256 });
    writer.connection(state, undefined);
    expect(unpacked(readAll(finish(writer))[1])).toMatchObject({ state });
  });

  it("is the same for any size of frames and chunks", () => {
    const states = Array.from({ length: 40 }, (_, i) => sampleConnection(i));
    const expected = readAll(join(writeState({ header, sha256 }, contents(states))));
    for (const frameBytes of [1, 100, 1000, 65_536]) {
      const stream = join(writeState({ header, sha256, frameBytes }, contents(states)));
      for (const chunkBytes of [1, 2, 3, 41, 997, stream.length]) {
        expect(readAll(stream, chunkBytes)).toEqual(expected);
      }
    }
  });

  it("takes any chunking", () => {
    const stream = join(
      writeState({ header, sha256, frameBytes: 300 }, contents([sampleConnection()])),
    );
    const expected = readAll(stream);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: stream.length }), (chunkBytes) => {
        expect(readAll(stream, chunkBytes)).toEqual(expected);
      }),
    );
  });

  it("carries the node, removals, marks and late connections in order", () => {
    const writer = new StateWriter({ header, sha256 });
    const node = {
      nodeId: 7,
      generation: 4,
      cookieSecret: new Uint8Array(32).fill(9),
      wallTime: 5,
    };
    const gone = sampleConnection(2);
    writer.node(node);
    writer.keepAlive();
    writer.connection(sampleConnection(1), sampleCoap());
    writer.freeze();
    writer.remove(gone);
    const summary = writer.end();
    writer.keepAlive();
    writer.late(sampleConnection(3));
    writer.close();
    expect(readAll(join(take(writer)))).toEqual([
      { kind: "header", header },
      { kind: "node", node },
      { kind: "keep-alive" },
      {
        kind: "connection",
        state: sampleConnection(1),
        coap: sampleCoap(),
        packed: expect.anything(),
      },
      { kind: "freeze" },
      { kind: "removal", name: { readConnectionId: gone.readConnectionId, peer: gone.peer } },
      { kind: "end", summary: { connections: 1, removals: 1, skipped: 0, items: 6 } },
      { kind: "keep-alive" },
      { kind: "late", state: sampleConnection(3), coap: undefined },
      { kind: "close" },
    ]);
    expect(summary.items).toBe(6);
  });

  it("carries what the application adds to the header", () => {
    const attributes = { giver: "server-a-1", generation: 7, end: 2 ** 40, fresh: true };
    const writer = new StateWriter({ header: { ...header, attributes }, sha256 });
    expect(readAll(finish(writer))[0]).toEqual({
      kind: "header",
      header: { ...header, attributes },
    });
  });

  it("leaves stale connections out and counts them", () => {
    const writer = new StateWriter({ header, sha256, staleMs: 1000 });
    expect(writer.connection({ ...sampleConnection(1), idleMs: 1000 })).toBe(true);
    expect(writer.connection({ ...sampleConnection(2), idleMs: 1001 })).toBe(false);
    expect(writer.end()).toMatchObject({ connections: 1, skipped: 1 });
  });

  it("needs at most 250 bytes for a PSK connection with a CID", () => {
    const count = 1000;
    const states = Array.from({ length: count }, (_, i) => sampleConnection(i));
    const bytes = join(writeState({ header, sha256 }, contents(states))).length;
    expect(bytes / count).toBeLessThanOrEqual(250);
    const v6 = states.map((state) => ({
      ...state,
      peer: { address: "2001:db8:1:2:3:4:5:6", port: 40_000 },
    }));
    expect(join(writeState({ header, sha256 }, contents(v6))).length / count).toBeLessThanOrEqual(
      250,
    );
  });

  it("refuses an item that no reader would take", () => {
    const writer = new StateWriter({ header, sha256 });
    const huge = { ...sampleConnection(), pskIdentity: new Uint8Array(1 << 20) };
    expect(() => writer.connection(huge)).toThrow(expect.objectContaining({ code: "STATE_LIMIT" }));
  });

  it("refuses calls out of order", () => {
    const writer = new StateWriter({ header, sha256 });
    expect(() => writer.late(sampleConnection())).toThrow("late: the stream is open");
    writer.end();
    expect(() => writer.connection(sampleConnection())).toThrow("connection: the stream is ended");
    writer.close();
    expect(() => writer.keepAlive()).toThrow(expect.objectContaining({ code: "STATE_USAGE" }));
  });
});

describe("a staged import", () => {
  it("hands out the last version of each connection, with all its CoAP states", () => {
    const writer = new StateWriter({ header, sha256 });
    const first = sampleConnection(1);
    const newer = { ...first, nextWriteSequence: first.nextWriteSequence + 5 };
    writer.connection(first, sampleCoap());
    writer.connection(sampleConnection(2));
    writer.connection(newer, { ...sampleCoap(), mark: 19 });
    writer.remove(sampleConnection(2));
    const stage = new StagedImport();
    for (const item of readAll(finish(writer))) stage.accept(item);
    const { connections, connectionCount } = stage.commit();
    expect(connectionCount).toBe(1);
    expect([...connections]).toEqual([
      { state: newer, coap: [sampleCoap(), { ...sampleCoap(), mark: 19 }] },
    ]);
    expect(stage.size).toBe(0);
  });

  it("hands nothing out before the end mark, and nothing twice", () => {
    const items = readAll(join(writeState({ header, sha256 }, contents([sampleConnection()]))));
    const stage = new StagedImport();
    for (const item of items) {
      if (!stage.isComplete)
        expect(() => stage.commit()).toThrow("commit: the import is collecting");
      stage.accept(item);
    }
    stage.commit();
    expect(() => stage.commit()).toThrow(expect.objectContaining({ code: "STATE_USAGE" }));
  });

  it("tells connections apart by their own CID, or by address where they have none", () => {
    const state = sampleConnection(1);
    const moved = { ...state, peer: { address: "10.0.0.1", port: 9 } };
    expect(connectionKey(moved)).toBe(connectionKey(state));
    const plain = { ...state, readConnectionId: undefined };
    expect(connectionKey({ ...plain, peer: moved.peer })).not.toBe(connectionKey(plain));
    const text = new TextEncoder().encode(connectionKey(plain));
    expect(connectionKey({ ...state, readConnectionId: text })).not.toBe(connectionKey(plain));
  });
});

/** What a connection item holds, found equal in both of its forms. */
function unpacked(item: StateItem | undefined): unknown {
  if (item?.kind !== "connection") throw new Error(`${item?.kind} is no connection`);
  const { state, coap } = item;
  expect(item.packed.unpack()).toEqual({ state, coap });
  return { state, coap };
}

function contents(states: readonly ReturnType<typeof sampleConnection>[]) {
  return { connections: states.map((state) => ({ state })) };
}

function finish(writer: StateWriter): Uint8Array {
  writer.end();
  writer.close();
  return join(take(writer));
}

function* take(writer: StateWriter): Generator<Uint8Array> {
  for (let chunk = writer.takeChunk(); chunk; chunk = writer.takeChunk()) yield chunk;
}
