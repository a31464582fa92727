import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createHmacKey, createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import {
  decodePingFrame,
  FrameType,
  isForwardOrBackward,
  verifyFrameMac,
} from "@dtls-cluster/wire";
import { expect, test } from "vitest";
import { readClusterCapture } from "../../wire/test/pcap.ts";
import { deriveFrameKeys, type FrameKeys } from "../src/frame-keys.ts";

const captures = [
  { name: "cluster-mgmt-dtls", hasMac: false },
  { name: "cluster-mgmt-dtls-mac", hasMac: true },
] as const;

test.each(captures)(
  "$name.pcap, made by Californium: every ping opens, every MAC verifies",
  ({ name, hasMac }) => {
    const secrets = readKeyLog(`${name}.keys.txt`);
    const nodes = new Map([15884, 25884, 35884].map((port) => [port, new Listener()]));
    const hellos = new Map<string, Hello>();
    const keys = new Map<string, FrameKeys>();
    let sealed = 0;
    let frames = 0;
    for (const { sourcePort, destinationPort, payload } of readClusterCapture(`${name}.pcap`)) {
      const way = `${sourcePort} ${destinationPort}`;
      const receiver = nodes.get(destinationPort);
      if (receiver === undefined) throw new Error(`no node at ${destinationPort}`);
      if (payload[0] === 22 && payload[13] === 1) hellos.set(way, readHello(payload));
      if (payload[0] === 22 && payload[13] === 2) {
        const back = `${destinationPort} ${sourcePort}`;
        const client = hellos.get(back);
        const masterSecret = secrets.get(hex(client?.random));
        const sender = nodes.get(sourcePort);
        if (client === undefined || masterSecret === undefined || sender === undefined) {
          throw new Error("a handshake without hello or key");
        }
        const session = { client, server: readHello(payload), masterSecret };
        keys.set(back, receiver.join("client", sourcePort, session));
        keys.set(way, sender.join("server", destinationPort, session));
      }
      if (payload[0] === 25) {
        sealed += 1;
        const { endpoint } = receiver;
        expect(endpoint.receive(payload, "127.0.0.1", sourcePort, undefined, 0)).toBe("handled");
      }
      if (isForwardOrBackward(payload) && hasMac) {
        const write = keys.get(way)?.write;
        expect(write !== undefined && verifyFrameMac(payload, 8, write)).toBe(true);
        frames += 1;
      }
    }
    const messages = [...nodes.values()].flatMap((node) => node.messages);
    expect(messages.length).toBeGreaterThan(10);
    expect(messages.length).toBe(sealed);
    const pings = messages.map((message) => decodePingFrame(message));
    for (const ping of pings) {
      if (typeof ping === "string") throw new Error(ping);
      expect([FrameType.ping, FrameType.pong]).toContain(ping.type);
      expect([1, 2, 3]).toContain(ping.nodeId);
      expect([0, 1, 2]).toContain(ping.state);
      expect(ping.tail).toBeUndefined();
    }
    expect(frames).toBe(hasMac ? 30 : 0);
  },
);

interface Hello {
  readonly random: Uint8Array;
  readonly connectionId: Uint8Array;
}

interface Session {
  readonly client: Hello;
  readonly server: Hello;
  readonly masterSecret: Uint8Array;
}

/** One of the captured nodes: opens what was sent to it. */
class Listener {
  readonly endpoint: Endpoint;
  readonly messages: Uint8Array[] = [];

  constructor() {
    this.endpoint = createEndpoint(
      {
        crypto: createNodeCrypto(),
        entropy: createNodeEntropy(),
        connectionId: { length: 6 },
      },
      {
        transmit: () => undefined,
        data: (_connection, payload) => void this.messages.push(payload.slice()),
        event: () => undefined,
      },
    );
  }

  /** Takes part in a captured session, and returns its frame keys. */
  join(role: "client" | "server", peerPort: number, session: Session): FrameKeys {
    const { client, server, masterSecret } = session;
    const block = keyBlock(masterSecret, client.random, server.random);
    const isClient = role === "client";
    const connection = this.endpoint.importConnection(
      {
        role,
        cipherSuite: 0xc0a8,
        extendedMasterSecret: true,
        masterSecret,
        clientRandom: client.random,
        serverRandom: server.random,
        sessionId: new Uint8Array(0),
        clientWriteKey: block.slice(0, 16),
        serverWriteKey: block.slice(16, 32),
        clientWriteIv: block.slice(32, 36),
        serverWriteIv: block.slice(36, 40),
        readConnectionId: isClient ? client.connectionId : server.connectionId,
        writeConnectionId: isClient ? server.connectionId : client.connectionId,
        peer: { address: "127.0.0.1", port: peerPort },
        pskIdentity: new TextEncoder().encode("dtls-mgmt"),
        writeEpoch: 1,
        nextWriteSequence: 1,
        readEpoch: 1,
        newestReadSequence: 0,
        replayWindow: [1, 0],
        forgeries: 0,
        establishedAt: 0,
        idleMs: 0,
        mtu: 1232,
      },
      0,
    );
    const keys = deriveFrameKeys(this.endpoint, connection, createHmacKey);
    if (keys === undefined) throw new Error("no frame keys");
    return keys;
  }
}

/** Random and Connection ID (RFC 9146 section 3) of a hello that is alone at the start of a datagram. */
function readHello(datagram: Uint8Array): Hello {
  const extension = Buffer.from(datagram).indexOf(Buffer.from([0, 54, 0, 7, 6]));
  return {
    random: datagram.slice(27, 59),
    connectionId: datagram.slice(extension + 5, extension + 11),
  };
}

function readKeyLog(name: string): Map<string, Uint8Array> {
  const file = new URL(`../../wire/test/vectors/${name}`, import.meta.url);
  const lines = readFileSync(file, "utf8").trim().toLowerCase().split("\n");
  return new Map(
    lines
      .map((line) => line.split(" "))
      .map(([, random, secret]) => [random ?? "", Buffer.from(secret ?? "", "hex")]),
  );
}

/** The record keys, by P_SHA256 of RFC 5246 section 5. */
function keyBlock(secret: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): Buffer {
  const hmac = (data: Uint8Array): Buffer => createHmac("sha256", secret).update(data).digest();
  const seed = Buffer.concat([Buffer.from("key expansion"), serverRandom, clientRandom]);
  const first = hmac(seed);
  const second = hmac(first);
  return Buffer.concat([hmac(Buffer.concat([first, seed])), hmac(Buffer.concat([second, seed]))]);
}

function hex(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString("hex");
}
