import { describe, expect, test } from "vitest";
import type { Connection, ConnectionState } from "../../src/index.ts";
import { createConnectedPair, type Pair, Peer } from "../peer.ts";

interface Taken extends Pair {
  readonly heir: Peer;
  readonly clientConnection: Connection;
  readonly state: ConnectionState;
}

function taken(connectionId: { length: number } | undefined): Taken {
  const pair = createConnectedPair({ server: { connectionId } });
  const state = pair.server.endpoint.exportConnection(pair.serverConnection, pair.world.now);
  if (state === undefined) throw new Error("nothing was exported");
  pair.server.socket.close();
  const heir = new Peer(pair.world, "10.0.0.9", 5684, { connectionId, role: "server" });
  heir.socket.move(pair.server.socket.address);
  return { ...pair, heir, state };
}

/** The explicit nonce of a datagram's one record: epoch and sequence number. */
function nonceOf(datagram: Uint8Array | undefined): string {
  return (datagram ?? new Uint8Array()).subarray(3, 11).join();
}

describe.each([{ length: 6 }, undefined])("a state that comes twice, server CID %o", (cid) => {
  test("never makes a nonce come twice", () => {
    const { world, heir, state } = taken(cid);
    for (let round = 0; round < 3; round += 1) {
      const connection = heir.endpoint.importConnection(state, world.now);
      heir.send(connection, `round ${round}`);
      heir.send(connection, `round ${round} again`);
    }
    const nonces = heir.sent.map(({ datagram }) => nonceOf(datagram));
    expect(new Set(nonces).size).toBe(6);
    world.runUntilIdle();
    world.assertClean();
  });

  test("opens no record again", () => {
    const { world, heir, client, clientConnection, state } = taken(cid);
    const first = heir.endpoint.importConnection(state, world.now);
    for (let i = 0; i < 70; i += 1) client.send(clientConnection, `${i}`);
    world.runUntilIdle();
    expect(heir.payloads()).toHaveLength(70);
    const second = heir.endpoint.importConnection(state, world.now);
    expect(first.phase).toBe("closed");
    const records = client.sent.slice(-70).map(({ datagram }) => datagram);
    for (const datagram of records) {
      expect(heir.receive(datagram, client.socket.address)).toBe("replayed");
    }
    expect(heir.payloads()).toHaveLength(70);
    expect(heir.endpoint.snapshot(second, world.now)).toMatchObject({
      newestReadSequence: (state.newestReadSequence ?? 0) + 70,
    });
  });

  test("keeps what either copy received, and the counts of both limits", () => {
    const { world, heir, client, clientConnection, state } = taken(cid);
    const held: Uint8Array[] = [];
    const stop = world.network.addFilter((datagram, from) => {
      if (from.address !== client.socket.address.address) return "pass";
      held.push(datagram);
      return "drop";
    });
    for (let i = 0; i < 4; i += 1) client.send(clientConnection, `${i}`);
    stop();
    const [zero, one, two, three] = held;
    if (zero === undefined || one === undefined || two === undefined || three === undefined) {
      throw new Error("nothing was sent");
    }
    const from = client.socket.address;
    // The copy here has taken 0 and 3; a later state of the source says that it has taken 2.
    const first = heir.endpoint.importConnection(state, world.now);
    heir.send(first, "x");
    expect(heir.receive(zero, from)).toBe("handled");
    expect(heir.receive(three, from)).toBe("handled");
    const forged = three.slice();
    forged[10] = 99;
    expect(heir.receive(forged, from)).toBe("not-authentic");
    const newest = state.newestReadSequence + 3;
    const other = { ...state, newestReadSequence: newest, replayWindow: [1, 0] as const };
    const second = heir.endpoint.importConnection(other, world.now);
    expect(heir.endpoint.snapshot(second, world.now)).toMatchObject({
      forgeries: 1,
      sealedRecords: (state.sealedRecords ?? 0) + 1,
    });
    expect(heir.receive(zero, from)).toBe("replayed");
    expect(heir.receive(two, from)).toBe("replayed");
    expect(heir.receive(three, from)).toBe("replayed");
    expect(heir.receive(one, from)).toBe("handled");
  });
});

test("another connection under the same CID starts with its own numbers", () => {
  const { world, heir, state } = taken({ length: 6 });
  const first = heir.endpoint.importConnection(state, world.now);
  for (let i = 0; i < 5; i += 1) heir.send(first, "x");
  const stranger = { ...state, masterSecret: new Uint8Array(48).fill(1) };
  const second = heir.endpoint.importConnection(stranger, world.now);
  expect(heir.endpoint.snapshot(second, world.now)?.nextWriteSequence).toBe(
    state.nextWriteSequence,
  );
});
