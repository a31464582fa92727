import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type Connection, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import { simulate, type VirtualSocket, type World } from "@dtls-cluster/testkit";
import {
  encodeForwardFrame,
  encodePingFrame,
  FrameType,
  isForwardOrBackward,
  type SocketAddress,
} from "@dtls-cluster/wire";
import { describe, expect, it } from "vitest";
import { type ClusterNode, createNodes, identity, isComplete, utf8 } from "./cluster-node.ts";

type Pair = [ClusterNode, ClusterNode];
const client = { address: "198.51.100.7", port: 40_000 };

/** Two nodes that serve, and someone else on their network, who reads everything and sends in any name. */
class Scene {
  readonly world: World;
  readonly nodes: Pair;
  readonly attacker: VirtualSocket;
  /** What came to the attacker's own address. */
  readonly answers: Uint8Array[] = [];
  readonly seen: { datagram: Uint8Array; from: SocketAddress; to: SocketAddress }[] = [];

  constructor(world: World) {
    this.world = world;
    this.nodes = createNodes(world, 2) as Pair;
    this.attacker = world.socket("10.0.0.66", 5884);
    this.attacker.attach({
      receive: (datagram) => this.answers.push(datagram.slice()),
      handleTimeout: () => undefined,
      nextTimeout: () => undefined,
    });
    world.network.addTap((datagram, from, to) => {
      this.seen.push({ datagram: datagram.slice(), from, to });
    });
    for (const node of this.nodes) node.start();
    world.runUntil(() => isComplete(this.nodes), 1000);
    world.runFor(5000);
  }

  /** Sends in the name of any address. */
  spoof(datagram: Uint8Array, from: SocketAddress, to: SocketAddress): void {
    this.world.network.send(datagram, from, to);
    this.world.runFor(10);
  }

  /** What must not change by anything that a third party does. */
  get state(): unknown {
    return this.nodes.map((node) => ({
      table: [...node.membership.table.nodes()].map(({ id, address, port, generation }) => [
        id,
        address,
        port,
        generation,
      ]),
      associations: node.channel.counters().associations,
      completed: node.channel.counters().handshakesCompleted,
      delivered: node.delivered.length,
      published: node.published.length,
      conflicts: node.membership.stats().conflicts,
    }));
  }

  /** The cluster still works: a record gets there and its answer back. */
  serves(): boolean {
    const [one, two] = this.nodes;
    const before = [two.delivered.length, one.published.length];
    const record = one.record(2, 60_000 + two.delivered.length);
    this.world.runFor(10);
    two.forwarder.sendBackward(record, client, one.address);
    this.world.runFor(10);
    const after = [two.delivered.length, one.published.length];
    return after.every((count, index) => count === (before[index] ?? 0) + 1);
  }
}

describe("a third party on the network", () => {
  it("injects nothing: frames, pings and records in a node's name change nothing", () => {
    simulate((world) => {
      const scene = new Scene(world);
      const [one, two] = scene.nodes;
      expect(scene.serves()).toBe(true);
      const before = scene.state;
      const record = new Uint8Array(60).fill(7);
      record.set([25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 2, 1, 2, 3, 4, 5, 0, 41]);
      const captured = scene.seen.filter(({ datagram }) => isForwardOrBackward(datagram));
      for (const [from, to] of [
        [one, two],
        [two, one],
      ] as const) {
        for (const type of [63, 62, 59, 58] as const) {
          for (const macLength of [0, 8] as const) {
            const frame = encodeForwardFrame(type, client.address, client.port, record, macLength);
            if (frame !== undefined) scene.spoof(frame, from.address, to.address);
          }
          // An authentic frame whose type, address or payload was changed.
          for (const { datagram } of captured) {
            for (const offset of [0, 1, 5, 20, datagram.length - 1]) {
              const changed = datagram.slice();
              changed[offset] = offset === 0 ? type : (changed[offset] ?? 0) ^ 1;
              if (changed[0] === datagram[0] && offset === 0) continue;
              scene.spoof(changed, from.address, to.address);
            }
          }
        }
        const tail = { senderId: from.id, instance: 99, generation: 99, flags: 0 };
        for (const nodeId of [1, 2, 3]) {
          for (const type of [FrameType.ping, FrameType.pong]) {
            scene.spoof(
              encodePingFrame({ type, nodeId, state: 2, tail }),
              from.address,
              to.address,
            );
          }
        }
        // Alerts in the clear, a ChangeCipherSpec, records that look sealed.
        for (const type of [20, 21, 22, 23, 25]) {
          for (const epoch of [0, 1]) {
            const forged = Uint8Array.of(type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 50, 0, 2, 2, 0);
            scene.spoof(forged, from.address, to.address);
          }
        }
      }
      // A frame sent back to its sender.
      for (const { datagram, from, to } of captured) scene.spoof(datagram, to, from);
      const bad = scene.nodes.reduce((sum, node) => sum + node.channel.counters().badMacs, 0);
      expect(bad).toBeGreaterThan(50);
      expect(scene.state).toEqual(before);
      expect(scene.serves()).toBe(true);
      world.runFor(60_000);
      expect(isComplete(scene.nodes)).toBe(true);
      expect(scene.answers).toEqual([]);
    });
  });

  it("redirects nothing: what it holds back and sends from its own address is dropped", () => {
    simulate((world) => {
      const scene = new Scene(world);
      const [one, two] = scene.nodes;
      let held = 0;
      const stop = world.network.addFilter((datagram, from, to) => {
        if (from.address === scene.attacker.address.address) return "pass";
        held += 1;
        const copy = datagram.slice();
        world.clock.after(1, () => world.network.send(copy, scene.attacker.address, to));
        return "drop";
      });
      world.runFor(4500);
      one.record(2, 5);
      two.record(1, 6);
      world.runFor(100);
      stop();
      expect(held).toBeGreaterThan(3);
      expect(scene.answers.filter((answer) => answer[0] !== 22)).toEqual([]);
      const sent = scene.seen.filter(({ to }) => to.address === scene.attacker.address.address);
      // Nothing but answers to hellos in epoch 0, of which nothing is remembered.
      for (const { datagram } of sent) expect(datagram[13]).toBe(3);
      world.runFor(8000);
      expect(scene.serves()).toBe(true);
      for (const node of scene.nodes) {
        expect(node.membership.table.at(scene.attacker.address.address, 5884)).toBeUndefined();
        expect(node.membership.stats().expired).toBe(0);
      }
    });
  });

  it("replays nothing of use: all datagrams again, later, from where they came", () => {
    simulate((world) => {
      const scene = new Scene(world);
      const [one, two] = scene.nodes;
      // A client with a session at node 2, behind node 1.
      const got: string[] = [];
      const atClient: string[] = [];
      const endpoints = clientAndServer(world, one, two, got, atClient);
      endpoints.client.send(endpoints.connection, utf8("a request"), world.now);
      world.runFor(100);
      expect(got).toEqual(["a request"]);
      expect(atClient).toEqual(["answer to a request"]);
      const completed = scene.nodes.map((node) => node.channel.counters().handshakesCompleted);
      const recorded = [...scene.seen];
      expect(
        recorded.filter(({ datagram }) => isForwardOrBackward(datagram)).length,
      ).toBeGreaterThan(1);
      for (const wait of [0, 9000]) {
        world.runFor(wait);
        for (const { datagram, from, to } of recorded) {
          scene.spoof(datagram.slice(), from, to);
          scene.spoof(datagram.slice(), scene.attacker.address, to);
        }
      }
      expect(got).toEqual(["a request"]);
      expect(atClient).toEqual(["answer to a request"]);
      expect(scene.nodes.map((node) => node.channel.counters().handshakesCompleted)).toEqual(
        completed,
      );
      for (const node of scene.nodes) {
        expect(node.membership.table.size).toBe(1);
        expect(node.membership.stats().conflicts).toBe(0);
      }
      world.runFor(30_000);
      expect(isComplete(scene.nodes)).toBe(true);
      endpoints.client.send(endpoints.connection, utf8("another"), world.now);
      world.runFor(100);
      expect(got).toEqual(["a request", "another"]);
    });
  });

  it("enumerates nothing: silence, or a cookie that costs more than it brings", () => {
    simulate((world) => {
      const scene = new Scene(world);
      const [one] = scene.nodes;
      const { address } = scene.attacker;
      const tail = { senderId: 7, instance: 7, generation: 7, flags: 0 };
      for (const state of [undefined, 0, 2]) {
        for (const type of [FrameType.ping, FrameType.pong]) {
          scene.spoof(
            encodePingFrame({ type, nodeId: 7, state, tail: undefined }),
            address,
            one.address,
          );
          scene.spoof(
            encodePingFrame({ type, nodeId: 7, state: state ?? 0, tail }),
            address,
            one.address,
          );
        }
      }
      for (let type = 0; type < 256; type += 1) {
        for (const length of [1, 13, 30, 100]) {
          const datagram = new Uint8Array(length).fill(type);
          scene.spoof(datagram, address, one.address);
          scene.spoof(Uint8Array.of(type, 0xfe, 0xfd, 0, 1, ...datagram), address, one.address);
        }
      }
      expect(scene.answers).toEqual([]);
      const { plainPings } = one.channel.counters();
      expect(plainPings).toBeGreaterThanOrEqual(12);

      // A hello without cookie: fewer octets come back, and nothing is kept.
      const before = scene.seen.length;
      const hello = attackerEndpoint(scene, { stopAtCookie: true });
      hello.connect({ ...one.address, via: undefined }, credentials("who", "what"), world.now);
      world.runFor(50);
      const exchanged = scene.seen.slice(before);
      const out = exchanged.filter(({ to }) => to.address === address.address);
      const incoming = exchanged.filter(({ from }) => from.address === address.address);
      expect(out.length).toBe(1);
      expect(out[0]?.datagram.length).toBeLessThan(incoming[0]?.datagram.length ?? 0);
      expect(one.channel.counters().handshakes).toBe(0);
    });
  });

  it("cannot tell an unknown identity from a wrong secret: both end in silence", () => {
    const answersFor = (name: string, secret: string): number[] =>
      simulate((world) => {
        const scene = new Scene(world);
        const [one] = scene.nodes;
        const before = scene.state;
        const endpoint = attackerEndpoint(scene, { stopAtCookie: false });
        endpoint.connect({ ...one.address, via: undefined }, credentials(name, secret), world.now);
        world.runFor(20_000);
        expect(one.channel.counters().handshakes).toBe(0);
        expect(scene.state).toEqual(before);
        return scene.answers.map((answer) => answer.length);
      });
    const wrongSecret = answersFor(new TextDecoder().decode(identity), "wrong");
    expect(wrongSecret.length).toBeGreaterThan(1);
    expect(answersFor("who-is-it", "wrong")).toEqual(wrongSecret);
  });
});

function credentials(name: string, secret: string): { pskIdentity: Uint8Array; psk: Uint8Array } {
  // Of one length, so that only the server's behaviour can differ.
  return { pskIdentity: utf8(name.slice(0, 9).padEnd(9)), psk: utf8(secret) };
}

function attackerEndpoint(scene: Scene, { stopAtCookie }: { stopAtCookie: boolean }): Endpoint {
  const { world, attacker } = scene;
  let hellos = 0;
  const endpoint = createEndpoint(
    {
      crypto: createNodeCrypto(),
      entropy: world.random(),
      role: "client",
      connectionId: { length: 0 },
      maxRetransmissions: 1,
    },
    {
      transmit: (datagram, path) => {
        hellos += 1;
        if (!stopAtCookie || hellos === 1) attacker.transmit(datagram, path);
      },
      data: () => undefined,
      event: () => undefined,
    },
  );
  attacker.attach({
    receive: (datagram, address, port, via, now) => {
      scene.answers.push(datagram.slice());
      return endpoint.receive(datagram, address, port, via, now);
    },
    handleTimeout: (now) => endpoint.handleTimeout(now),
    nextTimeout: () => endpoint.nextTimeout(),
  });
  return endpoint;
}

/** A server endpoint at node 2 and a client whose records arrive at node 1 once the session is there. */
function clientAndServer(
  world: World,
  one: ClusterNode,
  two: ClusterNode,
  got: string[],
  atClient: string[],
): { client: Endpoint; connection: Connection } {
  const crypto = createNodeCrypto();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const psk = { pskIdentity: utf8("device"), psk: utf8("device's key") };
  let isBehindOne = false;
  const server: Endpoint = createEndpoint(
    {
      crypto,
      entropy: createNodeEntropy(),
      role: "server",
      connectionId: {
        length: 6,
        fill: (target) => {
          createNodeEntropy().fill(target);
          target[0] = 2;
        },
      },
    },
    {
      transmit: (datagram, path) => {
        if (path.via === undefined)
          device.receive(datagram, "203.0.113.1", 5784, undefined, world.now);
        else two.forwarder.sendBackward(datagram, path, path.via);
      },
      data: (from, payload, now) => {
        got.push(text(payload));
        server.send(from, utf8(`answer to ${text(payload)}`), now);
      },
      event: (event, now) => {
        if (event.type === "psk-needed") server.providePsk(event.connection, psk.psk, now);
      },
    },
  );
  const device: Endpoint = createEndpoint(
    { crypto, entropy: createNodeEntropy(), role: "client", connectionId: { length: 0 } },
    {
      transmit: (datagram) => {
        if (isBehindOne)
          one.forwarder.receivePublic(datagram, client.address, client.port, world.now);
        else server.receive(datagram, client.address, client.port, undefined, world.now);
      },
      data: (_connection, payload) => void atClient.push(text(payload)),
      event: () => undefined,
    },
  );
  two.onDeliver = (datagram, address, port, via, now) => {
    server.receive(datagram, address, port, via, now);
    return true;
  };
  one.onPublish = (record) =>
    void device.receive(record, "203.0.113.1", 5784, undefined, world.now);
  const connection = device.connect(
    { address: "203.0.113.1", port: 5784, via: undefined },
    psk,
    world.now,
  );
  expect(connection.phase).toBe("connected");
  isBehindOne = true;
  return { client: device, connection };
}
