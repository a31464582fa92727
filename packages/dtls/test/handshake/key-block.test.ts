import { simulate } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { Peer } from "../peer.ts";

describe("the key block of a connection", () => {
  it("is the same on both sides, begins with the record keys and has the asked keys behind them", () => {
    simulate((world) => {
      const server = new Peer(world, "10.0.0.1", 5684);
      const client = new Peer(world, "10.0.0.2", 5684);
      const connection = client.connect(server);
      expect(client.endpoint.keyBlock(connection, 2)).toBeUndefined();
      world.runUntil(() => server.connected().length > 0 && client.connected().length > 0);
      const [accepted] = server.connected();
      if (accepted === undefined) throw new Error("no connection");
      const block = client.endpoint.keyBlock(connection, 2);
      expect(block).toEqual(server.endpoint.keyBlock(accepted, 2));
      expect(block?.keyLength).toBe(16);
      expect(block?.bytes.length).toBe(2 * (16 + 4) + 2 * 16);
      const shorter = client.endpoint.keyBlock(connection, 0)?.bytes ?? new Uint8Array();
      expect(block?.bytes.subarray(0, 40)).toEqual(shorter);
      const state = client.endpoint.snapshot(connection, world.now);
      expect(shorter.subarray(0, 16)).toEqual(state?.clientWriteKey);
      expect(shorter.subarray(36)).toEqual(state?.serverWriteIv);
      client.endpoint.close(connection, world.now);
      expect(client.endpoint.keyBlock(connection, 2)).toBeUndefined();
    });
  });

  it.each([-1, 1.5, 17])("refuses %d extra keys", (extraKeys) => {
    simulate((world) => {
      const client = new Peer(world, "10.0.0.2", 5684);
      const connection = client.connect(new Peer(world, "10.0.0.1", 5684));
      expect(() => client.endpoint.keyBlock(connection, extraKeys)).toThrow("0 to 16");
    });
  });
});
