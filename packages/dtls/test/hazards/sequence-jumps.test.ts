import { expect, test } from "vitest";
import { createConnectedPair, Peer } from "../peer.ts";

const block = 2 ** 32;

test("a jump to another generation's block counts as no sealed record", () => {
  const { client, clientConnection } = createConnectedPair({
    client: { limits: { maxSequence: 4 } },
  });
  // Finished was the first of four.
  client.endpoint.advanceSequences(7 * block);
  for (let i = 0; i < 3; i += 1) expect(client.send(clientConnection, `${i}`)).toBe(true);
  expect(client.send(clientConnection, "one too many")).toBe(false);
  expect(client.closeReasons()).toEqual([{ kind: "limit-reached", limit: "sequence-number" }]);
});

test("the default limits outlast every generation that 48 bits have room for", () => {
  const { world, client, server, serverConnection } = createConnectedPair();
  for (const generation of [1, 2, 3000, 65_535]) {
    server.endpoint.advanceSequences(generation * block);
    expect(server.send(serverConnection, `${generation}`)).toBe(true);
    world.runUntilIdle();
  }
  expect(client.payloads()).toEqual(["1", "2", "3000", "65535"]);
  expect(server.endpoint.snapshot(serverConnection, world.now)).toMatchObject({
    nextWriteSequence: 65_535 * block + 1,
    sealedRecords: 5,
  });
});

test("the limit goes with the connection through handovers, jumps or not", () => {
  const limits = { maxSequence: 6 };
  const { world, client, server, serverConnection } = createConnectedPair({ server: { limits } });
  server.send(serverConnection, "0");
  world.runUntilIdle();
  let state = server.endpoint.exportConnection(serverConnection, world.now);
  server.socket.close();
  for (let generation = 1; generation <= 2; generation += 1) {
    if (state === undefined) throw new Error("nothing was exported");
    const heir = new Peer(world, `10.0.0.${8 + generation}`, 5684, {
      connectionId: { length: 6 },
      limits,
    });
    heir.socket.move(server.socket.address);
    heir.endpoint.advanceSequences(generation * block);
    const taken = heir.endpoint.importConnection(state, world.now);
    expect(heir.send(taken, `${generation}`)).toBe(true);
    world.runUntilIdle();
    if (generation === 2) {
      expect(heir.send(taken, "last")).toBe(true);
      expect(heir.send(taken, "last but one record, which close_notify needs")).toBe(true);
      expect(heir.send(taken, "no")).toBe(false);
    }
    state = heir.endpoint.exportConnection(taken, world.now);
    heir.socket.close();
  }
  expect(client.payloads().slice(0, 3)).toEqual(["0", "1", "2"]);
});

test("a state of an older form, without the count, is limited by its place in the block", () => {
  const limits = { maxSequence: 10 };
  const { world, server, serverConnection } = createConnectedPair();
  server.endpoint.advanceSequences(3 * block);
  const state = server.endpoint.exportConnection(serverConnection, world.now);
  if (state === undefined) throw new Error("nothing was exported");
  const { sealedRecords, ...older } = state;
  expect(sealedRecords).toBe(1);
  const heir = new Peer(world, "10.0.0.9", 5684, { connectionId: { length: 6 }, limits });
  const taken = heir.endpoint.importConnection(
    { ...older, nextWriteSequence: 3 * block + 9 },
    world.now,
  );
  expect(heir.send(taken, "the tenth")).toBe(true);
  expect(heir.send(taken, "the eleventh")).toBe(false);
});

test("the end of the numbers closes the connection instead of starting again", () => {
  const { world, server, serverConnection } = createConnectedPair();
  server.endpoint.advanceSequences(2 ** 48 - 2);
  expect(server.send(serverConnection, "last but one")).toBe(true);
  expect(server.send(serverConnection, "last")).toBe(true);
  expect(server.send(serverConnection, "none")).toBe(false);
  expect(server.closeReasons()).toEqual([{ kind: "limit-reached", limit: "sequence-number" }]);
  world.runUntilIdle();
  world.assertClean();
});
