import { afterEach, expect, test, vi } from "vitest";
import { NonceAuditor, readRecords, simulate } from "../src/index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const client = { address: "10.0.0.1", port: 4000 };
const moved = { address: "192.0.2.7", port: 4711 };
const nodeA = { address: "10.0.1.1", port: 5684 };
const nodeB = { address: "10.0.1.2", port: 5684 };

function auditor(cidLengthToServer = 6, cidLengthToClient = 0): NonceAuditor {
  return new NonceAuditor({
    serverOf: (address) => (address.address.startsWith("10.0.1.") ? "cluster" : undefined),
    cidLengthToServer,
    cidLengthToClient,
  });
}

function record(type: number, epoch: number, sequence: number, body: number[], cid: number[] = []) {
  const high = [epoch >> 8, epoch, 0, 0, sequence >> 24, sequence >> 16, sequence >> 8, sequence];
  const bytes = [type, 0xfe, 0xfd, ...high, ...cid, body.length >> 8, body.length, ...body];
  return Uint8Array.from(bytes, (byte) => byte & 255);
}

function hello(messageType: number, sequence: number, random: number): Uint8Array {
  const header = [messageType, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 40];
  return record(22, 0, sequence, [
    ...header,
    0xfe,
    0xfd,
    ...Array(32).fill(random),
    ...Array(6).fill(0),
  ]);
}

const cid = [1, 2, 3, 4, 5, 6];
const changeCipherSpec = record(20, 0, 5, [1]);

test("the same record twice is a duplicate; another under the same number is a violation", () => {
  const audit = auditor();
  audit.observe(record(25, 1, 7, [1, 2, 3], cid), client, nodeA);
  audit.observe(record(25, 1, 7, [1, 2, 3], cid), client, nodeA);
  audit.observe(record(25, 1, 8, [1, 2, 3], cid), client, nodeA);
  audit.observe(record(25, 2, 7, [9, 9, 9], cid), client, nodeA);
  expect(audit.violations).toEqual([]);
  audit.observe(record(25, 1, 7, [1, 2, 4], cid), client, nodeA);
  expect(audit.violations).toMatchObject([{ epoch: 1, sequence: 7, from: client, to: nodeA }]);
  expect(() => audit.assertClean()).toThrow(/cid 010203040506, epoch 1, sequence 7/);
});

test("a CID identifies the connection wherever the client and whichever the node", () => {
  const audit = auditor();
  audit.observe(record(25, 1, 7, [1, 2, 3], cid), client, nodeA);
  audit.observe(record(25, 1, 7, [1, 2, 4], cid), moved, nodeB);
  expect(audit.violations).toHaveLength(1);
});

test("two nodes that answer one client under one nonce are found, with and without a CID", () => {
  for (const toClient of [[], [7], [7, 7, 7, 7]]) {
    const audit = auditor(6, toClient.length);
    const type = toClient.length > 0 ? 25 : 23;
    audit.observe(record(type, 1, 3, [1], toClient), nodeA, client);
    audit.observe(record(type, 1, 3, [2], toClient), nodeB, client);
    expect(audit.violations).toHaveLength(1);
  }
});

test("directions, clients and records of epoch 0 are kept apart", () => {
  const audit = auditor(0, 0);
  audit.observe(record(23, 1, 1, [1]), client, nodeA);
  audit.observe(record(23, 1, 1, [2]), nodeA, client);
  audit.observe(record(23, 1, 1, [3]), moved, nodeA);
  audit.observe(record(22, 0, 1, [4]), client, nodeA);
  audit.observe(record(22, 0, 1, [5]), client, nodeA);
  expect(audit.violations).toEqual([]);
  expect(audit.sealedRecords).toBe(3);
});

test("every record of a datagram counts", () => {
  const audit = auditor();
  const two = Uint8Array.of(...record(25, 1, 1, [1], cid), ...record(25, 1, 1, [2], cid));
  audit.observe(two, client, nodeA);
  expect(audit.violations).toHaveLength(1);
});

test("a new handshake begins anew, but neither a hello nor ChangeCipherSpec does alone", () => {
  const audit = auditor(0, 0);
  const first = (body: number): void => audit.observe(record(23, 1, 0, [body]), client, nodeA);
  audit.observe(hello(1, 0, 0xaa), client, nodeA);
  audit.observe(changeCipherSpec, client, nodeA);
  first(1);
  audit.observe(changeCipherSpec, client, nodeA);
  first(2);
  expect(audit.violations).toHaveLength(1);
  // Retransmissions of the same flight.
  audit.observe(hello(1, 5, 0xaa), client, nodeA);
  audit.observe(changeCipherSpec, client, nodeA);
  first(3);
  expect(audit.violations).toHaveLength(2);
  audit.observe(hello(1, 6, 0xbb), client, nodeA);
  first(4);
  expect(audit.violations).toHaveLength(3);
  audit.observe(changeCipherSpec, client, nodeA);
  first(5);
  expect(audit.violations).toHaveLength(3);
  first(6);
  expect(audit.violations).toHaveLength(4);
});

test("what is not DTLS or not of a client is passed over", () => {
  const audit = auditor();
  const clientRecord = record(25, 1, 1, [1], cid);
  audit.observe(clientRecord, client, moved);
  audit.observe(clientRecord, nodeA, nodeB);
  audit.observe(new Uint8Array(0), client, nodeA);
  audit.observe(Uint8Array.of(63, 1, 2, 3), client, nodeA);
  expect(audit.sealedRecords).toBe(0);
  expect(audit.unparsedDatagrams).toBe(2);
});

test("the scanner survives every truncation", () => {
  const datagram = record(25, 1, 0x7fffffff, [1, 2, 3], cid);
  for (let length = 0; length < datagram.length; length += 1) {
    expect(readRecords(datagram.subarray(0, length), 6)).toEqual({
      records: [],
      isComplete: false,
    });
  }
  expect(readRecords(datagram, 6).records[0]).toMatchObject({ epoch: 1, sequence: 0x7fffffff });
});

test("a world with an auditor fails as soon as a nonce is used twice", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const run = (): void => {
    simulate(
      (world) => {
        const socket = world.socket(client.address, client.port);
        socket.transmit(record(25, 1, 1, [1], cid), nodeA);
        socket.transmit(record(25, 1, 1, [2], cid), nodeA);
        world.runFor(10);
      },
      { auditor: auditor() },
    );
  };
  expect(run).toThrow(/nonce used twice/);
});
