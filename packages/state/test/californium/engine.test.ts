import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type ConnectionState, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import {
  type CaliforniumConnection,
  readCaliforniumState,
  supportedSuites,
} from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import { sampleConnection as sampleState } from "../support/sample-states.ts";
import { changed, plainVector, range, savedAt, streamOf, utf8 } from "./samples.ts";

const wallTime = Number(savedAt.millis);
const entropy = createNodeEntropy();

function taken(connection: CaliforniumConnection, role: "client" | "server"): ConnectionState {
  const { connections } = readCaliforniumState(streamOf([connection]), { wallTime, role });
  return connections[0] ?? sampleState();
}

describe("the engine", () => {
  interface Side {
    readonly endpoint: Endpoint;
    readonly sent: Uint8Array[];
    readonly received: string[];
  }

  function side(): Side {
    const sent: Uint8Array[] = [];
    const received: string[] = [];
    const endpoint = createEndpoint(
      { crypto: createNodeCrypto(), entropy, connectionId: { length: 6 } },
      {
        transmit: (datagram) => sent.push(datagram),
        data: (_, payload) => received.push(Buffer.from(payload).toString()),
        event: () => undefined,
      },
    );
    return { endpoint, sent, received };
  }

  it.each(supportedSuites.map((suite) => [suite]))(
    "goes on with suite %i on both sides",
    (suite) => {
      const length = [0x00a9, 0xc0a5, 0xc0a9, 0xd002, 0xc02c].includes(suite) ? 32 : 16;
      const keys = (from: number) =>
        ({
          protection: "aead",
          encryptionKey: { bytes: range(from, length), algorithm: "AES" },
          iv: range(from + 100, 4),
        }) as const;
      const publicKey = Uint8Array.of(0x30, 0);
      const session = {
        cipherSuite: suite,
        ...(suite >> 4 === 0xc02 || suite === 0xc0ac || suite === 0xc0ae
          ? { peerIdentity: { kind: "raw-public-key", publicKey } as const }
          : {}),
      };
      const atServer = changed({ session, traffic: { readKeys: keys(1), writeKeys: keys(2) } });
      const atClient = changed({
        session,
        connection: { isConnectionIdUsed: false },
        traffic: { readKeys: keys(2), writeKeys: keys(1), writeConnectionId: range(1, 6) },
      });
      const [server, client] = [side(), side()];
      const onServer = server.endpoint.importConnection(taken(atServer, "server"), 0);
      const onClient = client.endpoint.importConnection(taken(atClient, "client"), 0);
      client.endpoint.send(onClient, utf8("question"), 0);
      const [question = new Uint8Array(0)] = client.sent;
      const { address, port } = onServer.path;
      expect(server.endpoint.receive(question, address, port, undefined, 0)).toBe("handled");
      expect(server.endpoint.receive(question, address, port, undefined, 0)).toBe("replayed");
      server.endpoint.send(onServer, utf8("answer"), 0);
      const [answer = new Uint8Array(0)] = server.sent;
      expect(client.endpoint.receive(answer, address, port, undefined, 0)).toBe("handled");
      expect([server.received, client.received]).toEqual([["question"], ["answer"]]);
    },
  );

  it("takes the connections of a real Californium", () => {
    const { endpoint } = side();
    const { connections } = readCaliforniumState(plainVector(), { wallTime });
    for (const state of connections) endpoint.importConnection(state, 0);
    expect(endpoint.stats().connections).toBe(5);
  });
});
