import { simulate } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { Peer } from "../peer.ts";

describe("an endpoint whose peers do not move (followsPath: false)", () => {
  it("drops authentic records that come from another address, and keeps the path", () => {
    simulate((world) => {
      const options = { connectionId: { length: 6 }, followsPath: false };
      const server = new Peer(world, "10.0.0.1", 5684, options);
      const client = new Peer(world, "10.0.0.2", 5684, options);
      const connection = client.connect(server);
      world.runUntil(() => client.connected().length > 0);
      const elsewhere = { address: "10.0.0.9", port: 5684 };
      // The attacker holds the newest record back and sends it from its own address.
      world.network.addFilter((datagram, from) => {
        if (from.address !== "10.0.0.2" || datagram[0] !== 25) return "pass";
        expect(server.receive(datagram, elsewhere)).toBe("unknown-peer");
        return "pass";
      });
      client.send(connection, "hello");
      world.runUntilIdle();
      expect(server.payloads()).toEqual(["hello"]);
      const [accepted] = server.connected();
      expect(accepted?.path.address).toBe("10.0.0.2");
    });
  });
});
