import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import type { ConnectionState } from "@dtls-cluster/dtls";
import {
  type CaliforniumConnection,
  decodeCaliforniumStream,
  readCaliforniumState,
  writeCaliforniumState,
} from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import { sampleConnection as sampleState } from "../support/sample-states.ts";
import { changed, range, sampleConnection, savedAt, streamOf, toHex, utf8 } from "./samples.ts";

const wallTime = Number(savedAt.millis);
const entropy = createNodeEntropy();
const label = "dtls://0.0.0.0:5784";

const take = (connection: CaliforniumConnection, role: "client" | "server" = "server") =>
  readCaliforniumState(streamOf([connection]), { wallTime, role });

function taken(connection: CaliforniumConnection, role?: "client" | "server"): ConnectionState {
  const { connections, refused } = take(connection, role);
  expect(refused).toEqual([]);
  return connections[0] ?? sampleState();
}

describe("a taken connection", () => {
  it("has everything to go on with", () => {
    expect(taken(sampleConnection)).toEqual({
      role: "server",
      cipherSuite: 0xc0a8,
      extendedMasterSecret: true,
      masterSecret: range(0, 48),
      clientRandom: new Uint8Array(32),
      serverRandom: new Uint8Array(32),
      sessionId: range(0xa0, 32),
      clientWriteKey: range(0x10, 16),
      serverWriteKey: range(0x20, 16),
      clientWriteIv: utf8("0123"),
      serverWriteIv: utf8("4567"),
      readConnectionId: range(1, 6),
      writeConnectionId: undefined,
      peer: { address: "192.0.2.7", port: 40_001 },
      pskIdentity: utf8("cali.0001"),
      writeEpoch: 1,
      nextWriteSequence: 5,
      readEpoch: 1,
      newestReadSequence: 3,
      replayWindow: [0b1101, 0],
      forgeries: 0,
      establishedAt: 0x18bcfe56801,
      idleMs: 5000,
      mtu: 1395 + 13 + 8 + 8,
    });
  });

  it("of a client reads with the server's keys", () => {
    const state = taken(sampleConnection, "client");
    expect(state.clientWriteKey).toEqual(range(0x20, 16));
    expect(state.serverWriteIv).toEqual(utf8("0123"));
  });

  it("has no CID where the id is the store's own", () => {
    const state = taken(changed({ connection: { isConnectionIdUsed: false } }));
    expect(state.readConnectionId).toBeUndefined();
  });

  it("has an IPv4 address where Java would have one", () => {
    const octets = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7);
    const state = taken(changed({ connection: { peer: { port: 1, octets } } }));
    expect(state.peer).toEqual({ address: "192.0.2.7", port: 1 });
  });

  it("without a saved master secret has one that is as secret as its keys, and is its own", () => {
    const without = changed({ session: { masterSecret: undefined, sessionId: new Uint8Array(0) } });
    const state = taken(without);
    expect(state.masterSecret).toHaveLength(48);
    expect(state.masterSecret.subarray(0, 16)).toEqual(state.clientWriteKey);
    expect(state.masterSecret).toEqual(taken(without).masterSecret);
    const back = writeCaliforniumState([state], { version: 5, label, wallTime, entropy });
    expect(decodeCaliforniumStream(back.bytes).components).toMatchObject([
      { connections: [{ context: { session: { masterSecret: undefined } } }] },
    ]);
  });

  it("has the randoms that were saved for exporters", () => {
    const randoms = { client: range(1, 32), server: range(2, 32) };
    const state = taken(changed({ traffic: { randoms } }));
    expect([state.clientRandom, state.serverRandom]).toEqual([randoms.client, randoms.server]);
  });

  it("sends no more than its peer takes", () => {
    expect(taken(changed({ session: { maxFragmentLength: 1024 } })).mtu).toBe(1024 + 29);
    expect(taken(changed({ session: { recordSizeLimit: 512 } })).mtu).toBe(512 + 29);
    const cid = { writeConnectionId: range(1, 4) };
    expect(taken(changed({ session: { recordSizeLimit: 512 }, traffic: cid })).mtu).toBe(
      511 + 29 + 5,
    );
    expect(taken(changed({ version: 2, traffic: { maxMessageSize: undefined } })).mtu).toBe(1232);
  });

  it("goes back with the record size limit of its peer", () => {
    const state = { ...taken(sampleConnection), maxSentPlaintext: 300 };
    const { bytes } = writeCaliforniumState([state], { version: 5, label, wallTime, entropy });
    expect(decodeCaliforniumStream(bytes).components).toMatchObject([
      { connections: [{ context: { session: { recordSizeLimit: 300 } } }] },
    ]);
  });

  it.each([
    [0, 0, 5000],
    [60_000, 0, 65_000],
    [-60_000, 0, 5000],
    [0, 6_000_000_000, 0],
  ])(
    "was idle up to the save, and since then unless the clock ran backwards",
    (since, later, ms) => {
      const lastMessageNanos = sampleConnection.lastMessageNanos + BigInt(later);
      const bytes = streamOf([changed({ connection: { lastMessageNanos } })]);
      const { connections } = readCaliforniumState(bytes, { wallTime: wallTime + since });
      expect(connections[0]?.idleMs).toBe(ms);
    },
  );
});

describe("a replay window", () => {
  it.each([
    { lower: 0, received: [] },
    { lower: 0, received: [0] },
    { lower: 0, received: [1, 3] },
    { lower: 0, received: [0, 63] },
    { lower: 100, received: [100, 131, 132, 163] },
    { lower: 7, received: [9, 10] },
    { lower: 7, received: [] },
    { lower: 2 ** 48 - 64, received: [2 ** 48 - 64, 2 ** 48 - 1] },
  ])(
    "of $lower and $received refuses what was received, and what is too old",
    ({ lower, received }) => {
      const windowBits = received.reduce((bits, seq) => bits | (1n << BigInt(seq - lower)), 0n);
      const state = taken(changed({ traffic: { windowLower: lower, windowBits } }));
      const newest = received.at(-1) ?? lower - 1;
      expect(state.newestReadSequence).toBe(newest);
      for (let age = 0; age < 64 && age <= newest; age += 1) {
        const sequence = newest - age;
        const word = state.replayWindow[age < 32 ? 0 : 1];
        const isRefused = ((word >>> (age & 31)) & 1) === 1;
        expect(isRefused, `${sequence}`).toBe(sequence < lower || received.includes(sequence));
      }
    },
  );
});

describe("a connection that cannot be taken", () => {
  it.each<[string[], CaliforniumConnection]>([
    [
      ["suite 0xD005 (TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256) is not supported"],
      changed({ session: { cipherSuite: 0xd005 } }),
    ],
    [
      ["the X.509 path has no certificate that can be read"],
      changed({
        session: {
          cipherSuite: 0xc02b,
          peerIdentity: { kind: "x509", path: Uint8Array.of(0x30, 0) },
        },
      }),
    ],
    [
      ["raw-public-key identity does not fit TLS_PSK_WITH_AES_128_CCM_8"],
      changed({
        session: { peerIdentity: { kind: "raw-public-key", publicKey: Uint8Array.of(0x30, 0) } },
      }),
    ],
    [
      ["anonymous peer is not supported"],
      changed({ session: { peerIdentity: { kind: "anonymous" } } }),
    ],
    [["no identity of the peer is saved"], changed({ session: { peerIdentity: undefined } })],
    [
      ['PSK identity of the virtual host "a" is not supported'],
      changed({
        session: { peerIdentity: { kind: "psk", virtualHost: utf8("a"), identity: utf8("b") } },
      }),
    ],
    [["no address of the peer is saved"], changed({ connection: { peer: undefined } })],
    [
      ['the peer\'s address is the host name "a.example"'],
      changed({ connection: { peer: { port: 1, hostName: "a.example" } } }),
    ],
    [
      ["the CID of a draft of RFC 9146 is not supported"],
      changed({ version: 3, traffic: { usesDeprecatedCid: true } }),
    ],
    [
      ["read epoch 0 and write epoch 1 instead of 1"],
      changed({ traffic: { readEpoch: 0, readKeys: undefined } }),
    ],
    [["compression is not supported"], changed({ session: { compression: 1 } })],
    [
      ["records of at most 93 bytes are not supported"],
      changed({ session: { recordSizeLimit: 64 } }),
    ],
  ])("is reported with %j and does not stop the others", (reasons, connection) => {
    const bytes = streamOf([sampleConnection, connection, sampleConnection]);
    const { connections, refused } = readCaliforniumState(bytes, { wallTime });
    expect(connections).toHaveLength(2);
    expect(refused).toEqual([{ component: label, item: 1, connectionId: "010203040506", reasons }]);
  });

  it("of CBC is reported by its suite", () => {
    const keys = {
      protection: "cbc",
      macKey: { bytes: range(1, 32), algorithm: "Mac" },
      encryptionKey: { bytes: range(1, 16), algorithm: "AES" },
    } as const;
    const traffic = { readKeys: keys, writeKeys: keys };
    const { refused } = take(changed({ session: { cipherSuite: 0x00ae }, traffic }));
    expect(refused[0]?.reasons).toEqual([
      "suite 0x00AE (TLS_PSK_WITH_AES_128_CBC_SHA256) is not supported",
    ]);
  });

  it("may be of a suite that nobody knows", () => {
    const bytes = streamOf([sampleConnection]);
    bytes.set([0x13, 0x01], toHex(bytes).indexOf("c0a800") / 2);
    expect(readCaliforniumState(bytes, { wallTime }).refused[0]?.reasons).toEqual([
      "suite 0x1301 is not supported",
    ]);
  });
});
