import { createSocket, type Socket } from "node:dgram";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import { encodeForwardFrame, encodePingFrame } from "@dtls-cluster/wire";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { anyOf, Balancer, runLoad } from "./support/balanced-load.ts";
import { killAll, type LogLine } from "./support/server-process.ts";
import {
  freePorts,
  metric,
  type NodePorts,
  type TestNode,
  TestSite,
} from "./support/test-nodes.ts";

const site = new TestSite();
afterEach(killAll);
afterAll(() => site.remove());

const secret = Buffer.from("known to the nodes only").toString("base64");
const otherSecret = Buffer.from("known to someone else").toString("base64");
const secured = ["--cluster-identity", "nodes", "--cluster-secret", secret];

async function startPair(
  first: readonly string[],
  second: readonly string[],
): Promise<[TestNode, TestNode]> {
  const group = await freePorts(2);
  const [one, two] = [first, second].map((more, index) =>
    site.start(group[index] as NodePorts, {
      id: index + 1,
      group,
      more: ["--initial-nodes", "1", ...more],
    }),
  ) as [TestNode, TestNode];
  await Promise.all([one, two].map(({ server }) => server.event("ready")));
  return [one, two];
}

const mismatch = (line: LogLine): boolean => line["event"] === "cluster-mismatch";

/** What a node said first about the node at another's cluster port. */
async function complaint({ server }: TestNode, about: TestNode): Promise<unknown> {
  const at = `127.0.0.1:${about.ports.cluster}`;
  const line = await server.line((one) => mismatch(one) && one["at"] === at, `mismatch of ${at}`);
  expect(String(line["msg"])).toMatch(
    /check --cluster-level, --cluster-identity and --cluster-secret of both/,
  );
  return line["trouble"];
}

describe("two nodes that do not fit are told so, both", () => {
  const cases: readonly (readonly [
    name: string,
    first: readonly string[],
    second: readonly string[],
    troubles: readonly [string, string],
  ])[] = [
    [
      "another secret",
      secured,
      ["--cluster-identity", "nodes", "--cluster-secret", otherSecret],
      ["wrong-secret", "wrong-secret"],
    ],
    [
      "another identity",
      secured,
      ["--cluster-identity", "others", "--cluster-secret", secret],
      ["unknown-identity", "unknown-identity"],
    ],
    ["no protection", secured, [], ["plain-ping", "dtls-record"]],
  ];
  it.each(cases)("%s", async (_name, first, second, troubles) => {
    const [one, two] = await startPair(first, second);
    expect(await complaint(one, two)).toBe(troubles[0]);
    expect(await complaint(two, one)).toBe(troubles[1]);
    for (const node of [one, two]) {
      expect(node.server.lines.filter(mismatch)).toHaveLength(1);
      expect(await metric(node, "dtls_cluster_channel_mismatches_total")).toBeGreaterThan(0);
      expect(await metric(node, "dtls_cluster_nodes")).toBe(1);
    }
  });

  it("frames with and without a MAC", async () => {
    const pair = await startPair(secured, [...secured, "--cluster-level", "dtls"]);
    const [one, two] = pair;
    await Promise.all(pair.map(({ server }) => server.event("node-added")));
    const ports = pair.map((node) => node.ports);
    const balancer = new Balancer(ports);
    // Handshakes at one node, requests at the other.
    balancer.route(
      (client, isHandshake) => ports[(client + (isHandshake ? 0 : 1)) % 2] as NodePorts,
    );
    const end = new AbortController();
    const load = runLoad(balancer, { clients: 4, durationMs: 30_000, intervalMs: 50 }, end.signal);
    expect(await complaint(one, two)).toBe("bad-mac");
    expect(await complaint(two, one)).toBe("unreadable-frame");
    end.abort();
    await load;
  });
});

describe("somebody without the secret, on real sockets", () => {
  it("gets no answer but a cookie, and disturbs nobody", async () => {
    const pair = await startPair(secured, secured);
    const [one, two] = pair;
    await Promise.all(pair.map(({ server }) => server.event("node-added")));
    const attacker = new Attacker(one.ports.cluster);
    await attacker.open();
    const client = { address: "127.0.0.1", port: 40_000 };
    const record = new Uint8Array(60).fill(7);
    record.set([25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 1, 1, 2, 3, 4, 5, 0, 41]);
    for (const state of [undefined, 0, 2]) {
      for (const nodeId of [1, 2, 9]) {
        for (const type of [60, 61] as const) {
          const tail = { senderId: nodeId, instance: 5, generation: 99, flags: 0 };
          attacker.send(encodePingFrame({ type, nodeId, state, tail: undefined }));
          attacker.send(encodePingFrame({ type, nodeId, state: state ?? 0, tail }));
        }
      }
    }
    for (const type of [58, 59, 62, 63] as const) {
      for (const macLength of [0, 8] as const) {
        const frame = encodeForwardFrame(type, client.address, client.port, record, macLength);
        if (frame !== undefined) attacker.send(frame);
      }
    }
    attacker.send(record);
    // What a socket was sent is read in order: the first answer is that to the hello.
    attacker.connect("nodes", "not the secret");
    await attacker.answered(3);
    expect(attacker.answers[0]?.[13]).toBe(3);
    expect(attacker.answers[1]?.[13]).toBe(2);
    await attacker.settled();
    const before = attacker.answers.length;
    attacker.connect("who is it", "not the secret");
    await attacker.settled();
    // The same number of answers to an identity that is none.
    expect(attacker.answers.length - before).toBe(before);
    attacker.close();

    const balancer = new Balancer(pair.map(({ ports }) => ports));
    balancer.route(anyOf(pair.map(({ ports }) => ports)));
    const report = await runLoad(balancer, { clients: 10, durationMs: 1000, intervalMs: 50 });
    expect(report.transmissionErrors).toBe(0);
    expect(report.failedHandshakes).toBe(0);
    for (const node of pair) {
      expect(await metric(node, "dtls_cluster_nodes")).toBe(2);
      expect(await metric(node, "dtls_cluster_channel_level")).toBe(2);
      expect(await metric(node, "dtls_cluster_channel_associations")).toBeGreaterThan(0);
    }
    const counters = await Promise.all([one, two].map(({ server }) => server.stop()));
    expect(counters[0]?.forwarder["dropUnknownSource"]).toBe(8);
    const at = `127.0.0.1:${attacker.port}`;
    const lines = one.server.lines.filter((line) => mismatch(line) && line["at"] === at);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([...one.server.lines, ...two.server.lines])).not.toContain(secret);
  });
});

/** A socket, and a DTLS client on it, that do not know the secret. */
class Attacker {
  readonly answers: Uint8Array[] = [];
  port = 0;
  readonly #socket: Socket = createSocket("udp4");
  readonly #target: number;
  readonly #endpoint: Endpoint;
  #closed = false;

  constructor(target: number) {
    this.#target = target;
    this.#endpoint = createEndpoint(
      {
        crypto: createNodeCrypto(),
        entropy: createNodeEntropy(),
        role: "client",
        connectionId: { length: 0 },
        retransmissionTimeoutMs: 200,
        maxRetransmissionTimeoutMs: 200,
        maxRetransmissions: 2,
      },
      {
        transmit: (datagram) => this.send(datagram),
        data: () => undefined,
        event: (event) => {
          if (event.type === "closed") this.#closed = true;
        },
      },
    );
    this.#socket.on("message", (datagram) => {
      this.answers.push(new Uint8Array(datagram));
      this.#endpoint.receive(datagram, "127.0.0.1", target, undefined, performance.now());
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.bind(0, "127.0.0.1", resolve));
    this.port = this.#socket.address().port;
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.#target, "127.0.0.1");
  }

  connect(identity: string, psk: string): void {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const path = { address: "127.0.0.1", port: this.#target, via: undefined };
    this.#closed = false;
    const credentials = { pskIdentity: bytes(identity), psk: bytes(psk) };
    this.#endpoint.connect(path, credentials, performance.now());
  }

  async answered(count: number): Promise<void> {
    await this.#until(() => this.answers.length >= count || this.#closed);
  }

  /** The handshake was given up. */
  async settled(): Promise<void> {
    await this.#until(() => this.#closed);
  }

  close(): void {
    this.#socket.close();
  }

  async #until(condition: () => boolean): Promise<void> {
    const end = performance.now() + 15_000;
    while (!condition()) {
      if (performance.now() > end) throw new Error("nothing happens");
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.#endpoint.handleTimeout(performance.now());
    }
  }
}
