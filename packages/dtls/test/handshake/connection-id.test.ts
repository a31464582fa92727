import { describe, expect, test } from "vitest";
import { createConnectedPair, type PeerOptions } from "../peer.ts";

const lengths = [undefined, 0, 1, 2, 4, 6, 8, 16, 32] as const;

function option(length: number | undefined): PeerOptions {
  return { connectionId: length === undefined ? undefined : { length } };
}

/** What RFC 9146 section 3 leaves of a wish when the peer does not know the extension, or wants none. */
function negotiated(own: number | undefined, peer: number | undefined): number {
  return own === undefined || peer === undefined ? 0 : own;
}

describe.each(lengths)("client CID of %s bytes", (clientLength) => {
  test.each(lengths)("server CID of %s bytes", (serverLength) => {
    const { clientConnection, serverConnection, ...rest } = createConnectedPair({
      client: option(clientLength),
      server: option(serverLength),
    });
    const toClient = negotiated(clientLength, serverLength);
    const toServer = negotiated(serverLength, clientLength);
    expect(clientConnection.readConnectionId?.length ?? 0).toBe(toClient);
    expect(serverConnection.readConnectionId?.length ?? 0).toBe(toServer);
    expect(clientConnection.writeConnectionId).toEqual(serverConnection.readConnectionId);
    expect(serverConnection.writeConnectionId).toEqual(clientConnection.readConnectionId);
    rest.client.send(clientConnection, "to the server");
    rest.server.send(serverConnection, "to the client");
    rest.world.runUntilIdle();
    expect(rest.server.payloads()).toEqual(["to the server"]);
    expect(rest.client.payloads()).toEqual(["to the client"]);
  });
});
