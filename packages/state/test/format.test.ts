import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { pack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { StateReader, StateWriter, writeState } from "../src/index.ts";
import { PlainMessagePack } from "./support/plain-messagepack.ts";
import { join, readAll, sampleCoap, sampleConnection, sha256 } from "./support/sample-states.ts";

const header = { nodeId: 7, generation: 3, createdAt: 1_795_000_000_000 };
const node = {
  nodeId: 7,
  generation: 4,
  cookieSecret: new Uint8Array(32).fill(9),
  wallTime: 1_795_000_000_000,
};

function sampleStream(): Uint8Array {
  const plain = { ...sampleConnection(2), readConnectionId: undefined };
  const connections = [{ state: sampleConnection(1), coap: sampleCoap() }, { state: plain }];
  return join(writeState({ header, sha256 }, { node, connections }));
}

/** Builds a stream from any items, as a writer of another version might. */
function foreignStream(items: readonly unknown[], major = 1, minor = 0): Uint8Array {
  const prefix = Buffer.from(pack(["dtls-cluster-state", major, minor]));
  const payload = Buffer.concat(items.map((item) => Buffer.from(pack(item))));
  const head = Buffer.from([0x92, 0xc6, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length, 2);
  const digest = sha256(Buffer.concat([sha256(prefix), payload]));
  return join([prefix, head, payload, Buffer.from([0xc4, 32]), digest]);
}

function end(items: number, connections = 0) {
  return [5, { items, connections, removals: 0, skipped: 0 }];
}

/** The positions of a connection item as this version writes them. */
function itemOf(index: number): unknown[] {
  const stream = join(
    writeState({ header, sha256 }, { connections: [{ state: sampleConnection(index) }] }),
  );
  const outer = new PlainMessagePack(stream);
  outer.read();
  const [payload] = outer.read() as [Uint8Array];
  const inner = new PlainMessagePack(payload);
  inner.read();
  return inner.read() as unknown[];
}

describe("the format", () => {
  it("is plain MessagePack: frames of items, each frame with the digest of all before it", () => {
    const stream = sampleStream();
    const outer = new PlainMessagePack(stream);
    expect(outer.read()).toEqual(["dtls-cluster-state", 1, 1]);
    let digest = sha256(stream.subarray(0, 22));
    const items: unknown[] = [];
    while (!outer.isAtEnd) {
      const [payload, expected] = outer.read() as [Uint8Array, Uint8Array];
      digest = sha256(Buffer.concat([digest, payload]));
      expect(Buffer.compare(digest, expected)).toBe(0);
      const inner = new PlainMessagePack(payload);
      while (!inner.isAtEnd) items.push(inner.read());
    }
    const state = sampleConnection(1);
    expect(items[0]).toEqual([0, header]);
    expect(items[1]).toEqual([1, node]);
    expect(items[2]).toEqual([
      2,
      3,
      state.cipherSuite,
      join([
        state.masterSecret,
        state.clientRandom,
        state.serverRandom,
        state.clientWriteKey,
        state.serverWriteKey,
        state.clientWriteIv,
        state.serverWriteIv,
      ]),
      16,
      null,
      state.readConnectionId,
      null,
      Uint8Array.of(192, 168, 178, 250),
      state.peer.port,
      state.pskIdentity,
      1,
      state.nextWriteSequence,
      1,
      state.newestReadSequence,
      0,
      8,
      0,
      state.establishedAt,
      state.idleMs,
      state.mtu,
      [
        4711,
        18,
        sampleCoap().duplicates.flatMap((d) => [d.messageId, d.kind, d.ageMs, d.answer]),
        sampleCoap().unacknowledged,
      ],
    ]);
    expect(items[4]).toEqual([5, { connections: 2, removals: 0, skipped: 0, items: 4 }]);
    expect(items[5]).toEqual([8]);
    expect(items).toHaveLength(6);
  });

  it("still reads what version 1.0 wrote", () => {
    // Written once by the first version and never again; a change of the format must not touch it.
    const file = new URL("vectors/state-1.0.bin", import.meta.url);
    expect(readAll(readFileSync(file)).map((item) => item.kind)).toEqual(
      readAll(sampleStream()).map((item) => item.kind),
    );
    expect(JSON.stringify(readAll(readFileSync(file)))).toBe(
      JSON.stringify(readAll(sampleStream())),
    );
  });

  it("keeps the count of sealed records and an unconfirmed flight, since version 1.1", () => {
    const unconfirmedFlight = {
      messageSequence: 7,
      verifyData: Uint8Array.from({ length: 12 }, (_, i) => 200 + i),
      nextPlainSequence: 5,
    };
    const states = [
      { ...sampleConnection(1), sealedRecords: 9_000_000 },
      { ...sampleConnection(2), unconfirmedFlight },
      { ...sampleConnection(3), sealedRecords: 4, unconfirmedFlight },
    ];
    const connections = states.map((state, index) =>
      index === 2 ? { state, coap: sampleCoap() } : { state },
    );
    const stream = join(writeState({ header, sha256 }, { connections }));
    const found = readAll(stream).flatMap((item) => ("state" in item ? [item.state] : []));
    expect(found).toEqual(states);
    const file = new URL("vectors/state-1.1.bin", import.meta.url);
    expect(readAll(readFileSync(file))).toEqual(readAll(stream));
  });

  it("skips kinds, fields and positions of newer minor versions", () => {
    const longer = [
      ...itemOf(1),
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      "of a later version",
      { any: 1 },
    ];
    const items = readAll(
      foreignStream(
        [
          [0, { ...header, colour: "b" }],
          [77, "a later kind", Uint8Array.of(1)],
          longer,
          [1, { ...node, learned: [1, 2] }],
          [5, { items: 4, connections: 1, removals: 0, skipped: 0, bytes: 5 }],
          [99],
          [8],
        ],
        1,
        9,
      ),
    );
    expect(items.map((item) => item.kind)).toEqual([
      "header",
      "connection",
      "node",
      "end",
      "close",
    ]);
    expect(items[0]).toEqual({ kind: "header", header });
    expect(items[1]).toMatchObject({ state: sampleConnection(1) });
  });

  it("refuses a newer major version with a sentence that says what to do", () => {
    expect(() => readAll(foreignStream([[0, header], end(1), [8]], 2))).toThrow(
      expect.objectContaining({
        code: "STATE_VERSION",
        message: expect.stringContaining(
          "the state has version 2.0, this program reads up to version 1: use the program that wrote it, or a newer one",
        ),
      }),
    );
  });

  it("refuses what is no state stream", () => {
    for (const text of ["GET /restore HTTP/1.1\r\n\r\n", "not a state at all, but long enough"]) {
      expect(() => readAll(new TextEncoder().encode(text))).toThrow(
        expect.objectContaining({ code: "STATE_FORMAT" }),
      );
    }
  });

  it("refuses items out of order, wrong counts and wrong fields, and says where", () => {
    const cases: readonly (readonly [string, readonly unknown[], string])[] = [
      ["STATE_CORRUPT", [[1, node]], "an item of kind 1 in a stream that is start"],
      [
        "STATE_CORRUPT",
        [
          [0, header],
          [0, header],
        ],
        "an item of kind 0 in a stream that is open",
      ],
      ["STATE_CORRUPT", [[0, header], [8]], "an item of kind 8 in a stream that is open"],
      ["STATE_CORRUPT", [[0, header], end(1), itemOf(1)], "kind 2 in a stream that is ended"],
      ["STATE_CORRUPT", [[0, header], end(1), [8], [7]], "kind 7 in a stream that is closed"],
      ["STATE_CORRUPT", [[0, header], end(2)], "the end mark counts 2 items, but 1 came"],
      ["STATE_CORRUPT", [[0, header], end(1, 1)], "the end mark counts 1 connections, but 0 came"],
      ["STATE_ITEM", [[0, {}]], "field nodeId: expected a whole number, 0 or more"],
      ["STATE_ITEM", [[0, header], "text"], "an item is no array that begins with its kind"],
      ["STATE_ITEM", [[0, header], [2]], "(at byte 22, after 1 items)"],
      ["STATE_ITEM", [[0, header], itemOf(1).with(14, -2)], "field newestReadSequence"],
      ["STATE_ITEM", [[0, header], itemOf(1).with(4, 32)], "field secrets: expected 184 bytes"],
      ["STATE_ITEM", [[0, header], itemOf(1).with(8, Uint8Array.of(1))], "field peer.address"],
      ["STATE_ITEM", [[0, header], itemOf(1).with(10, "text")], "field pskIdentity"],
    ];
    for (const [code, items, message] of cases) {
      expect(() => readAll(foreignStream(items))).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(message) }),
      );
    }
  });

  it("adds the time a stored stream has lain to idle times and ages", () => {
    const reader = new StateReader({ sha256, wallTime: header.createdAt + 60_000 });
    const connection = reader.push(sampleStream()).find((item) => item.kind === "connection");
    expect(connection).toMatchObject({ state: { idleMs: sampleConnection(1).idleMs + 60_000 } });
    const ages =
      connection?.kind === "connection" && connection.coap?.duplicates.map((d) => d.ageMs);
    expect(ages).toEqual([61_200, 60_100]);
    const early = new StateReader({ sha256, wallTime: header.createdAt - 60_000 });
    expect(early.push(sampleStream())).toEqual(readAllPacked(sampleStream()));
  });

  it("bounds what a reader holds", () => {
    const reader = new StateReader({ sha256, maxFrameBytes: 500 });
    const writer = new StateWriter({ header, sha256 });
    writer.connection(sampleConnection(), {
      ...sampleCoap(),
      unacknowledged: [new Uint8Array(500)],
    });
    writer.end();
    const chunks = [writer.takeChunk(), writer.takeChunk()];
    expect(() => {
      for (const chunk of chunks) reader.push(chunk ?? new Uint8Array());
    }).toThrow(expect.objectContaining({ code: "STATE_LIMIT" }));
  });
});

function readAllPacked(stream: Uint8Array) {
  return new StateReader({ sha256 }).push(stream);
}
