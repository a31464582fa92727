import fc from "fast-check";
import { expect, test } from "vitest";
import { NodesUsageError } from "../src/index.ts";
import { Network, Node, pingOf, readPing } from "./network.ts";

const at = (address: string, port = 5884) => ({ address, port });

test("three nodes find each other, become ready and know all owners", () => {
  const nodes = [1, 2, 3].map((nodeId) => new Node({ nodeId, initialNodes: 3 }));
  const network = new Network(nodes);
  network.start();
  for (const node of nodes) {
    expect(node.membership.isReady).toBe(true);
    expect(node.membership.state).toBe(2);
    expect(node.membership.table.size).toBe(2);
    for (const other of nodes) {
      const owner = node.membership.table.owner(other.membership.nodeId);
      expect(owner?.address).toBe(other === node ? undefined : other.address.address);
    }
    expect(node.events.filter((event) => event.type === "conflict")).toEqual([]);
  }
});

test("two of three nodes stay in start, and are ready when the third is", () => {
  const nodes = [1, 2, 3].map((nodeId) => new Node({ nodeId, initialNodes: 3 }));
  const network = new Network(nodes);
  const [first, , third] = nodes;
  if (first === undefined || third === undefined) throw new Error("no nodes");
  network.down.add(third);
  network.start();
  network.run(20_000);
  expect(first.membership.isReady).toBe(false);
  expect(first.membership.state).toBe(0);
  network.down.delete(third);
  network.run(13_000);
  expect(nodes.map((node) => node.membership.isReady)).toEqual([true, true, true]);
});

test("two other nodes that cannot find each other keep nobody from serving", () => {
  const node = new Node({ nodeId: 3, initialNodes: 3 });
  node.membership.start(0);
  for (let now = 100; now <= 8000; now += 100) {
    node.membership.handleTimeout(now);
    for (const id of [1, 2]) node.hear({ type: 60, id, state: 0 }, at(`10.0.0.${id}`), now);
    if (now === 4000) expect(node.membership.isReady).toBe(false);
    if (!node.membership.isReady) node.take();
  }
  expect(node.membership.isReady).toBe(true);
  const told = node.take().filter(({ bytes }) => bytes[0] === 61 && bytes[5] === 2);
  expect(told.map(({ to }) => to.address).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("the start-up trace with a node that runs already has Californium's octets", () => {
  const node = new Node({ nodeId: 2, initialNodes: 2 });
  node.membership.start(0);
  node.membership.discovered([at("10.0.0.3")], 0);
  expect([...(node.take()[0]?.bytes.subarray(0, 6) ?? [])]).toEqual([0x3d, 2, 0, 0, 0, 0]);
  node.hear({ type: 60, id: 3, state: 1 }, at("10.0.0.3"), 1);
  expect(node.membership.isReady).toBe(true);
  const flush = node.take();
  expect(flush.map(({ bytes }) => [...bytes.subarray(0, 6)])).toEqual([[0x3d, 2, 0, 0, 0, 2]]);
  node.hear({ type: 60, id: 3, state: 2 }, at("10.0.0.3"), 2);
  expect(node.take()).toEqual([]);
  node.hear({ type: 61, id: 3, state: 2 }, at("10.0.0.3"), 3);
  expect(node.take().map(({ bytes }) => [...bytes])).toEqual([[0x3c, 2, 0, 0, 0, 2]]);
});

test("a node that joins a running cluster is ready with the first pong", () => {
  const node = new Node({ nodeId: 2, initialNodes: 5 });
  node.membership.start(0);
  node.hear({ type: 60, id: 3, state: 2 }, at("10.0.0.3"), 1);
  expect(node.membership.isReady).toBe(true);
});

test("with one initial node a node is ready at once and still discovers", () => {
  const node = new Node({ nodeId: 2, initialNodes: 1 });
  node.membership.start(0);
  expect(node.membership.isReady).toBe(true);
  expect(node.discoveries).toBe(1);
  expect(node.membership.nextTimeout()).toBe(2000);
});

test("a pong comes in kind: never longer than its ping", () => {
  const node = new Node({ nodeId: 2 });
  node.membership.receive(Uint8Array.from([61, 9, 0, 0, 0]), "10.0.0.9", 1, 0);
  expect(node.take()[0]?.bytes).toEqual(Uint8Array.from([60, 2, 0, 0, 0]));
  node.hear({ id: 8, state: 1 }, at("10.0.0.8"), 0);
  expect(node.take()[0]?.bytes).toEqual(Uint8Array.from([60, 2, 0, 0, 0, 2]));
  node.hear({ id: 7, state: 1, instance: 70, generation: 4 }, at("10.0.0.7"), 0);
  expect(readPing(node.take()[0]).tail).toMatchObject({ senderId: 2, instance: 1002 });
  expect(node.membership.table.owner(7)?.generation).toBe(4);
  expect(node.membership.table.owner(8)?.generation).toBe(1);
});

test("silent nodes are pinged after 4 s and gone after 10 s; discovery follows at once", () => {
  const node = new Node({ nodeId: 1 });
  node.membership.start(0);
  node.hear({ id: 2, state: 2 }, at("10.0.0.2"), 0);
  node.hear({ id: 3, state: 2 }, at("10.0.0.3"), 100);
  node.take();
  node.discoveries = 0;
  const pingsAt: number[] = [];
  let goneAt = 0;
  for (let now = 100; now <= 14_000 && goneAt === 0; now += 100) {
    if (now % 1000 === 0) node.hear({ id: 3, state: 2, type: 60 }, at("10.0.0.3"), now);
    node.membership.handleTimeout(now);
    for (const { to } of node.take()) if (to.address === "10.0.0.2") pingsAt.push(now);
    if (!node.membership.table.isKnown("10.0.0.2", 5884)) goneAt = now;
  }
  expect(pingsAt).toEqual([4000, 6000, 8000, 10_000]);
  expect(goneAt).toBe(12_000);
  expect(node.membership.table.owner(2)).toBeUndefined();
  expect(node.membership.table.isKnown("10.0.0.3", 5884)).toBe(true);
  expect(node.discoveries).toBe(2);
  expect(node.events.at(-1)).toMatchObject({ type: "owner-changed", id: 2, owner: undefined });
  expect(node.membership.stats()).toMatchObject({ expired: 1 });
});

test("an empty table is discovered at every timer", () => {
  const node = new Node({ nodeId: 1, initialNodes: 2 });
  node.membership.start(0);
  for (let now = 2000; now <= 8000; now += 2000) node.membership.handleTimeout(now);
  expect(node.discoveries).toBe(5);
});

test("discovery pings neither known nodes nor itself, in random order", () => {
  const orders = new Set<string>();
  for (let seed = 1; seed < 9; seed++) {
    const node = new Node({
      nodeId: 1,
      ownAddresses: [at("10.0.0.1")],
      entropy: { fill: (target) => target.set(target.map((_, index) => index * seed * 37)) },
    });
    node.membership.start(0);
    node.hear({ id: 2 }, at("10.0.0.2"), 0);
    node.take();
    const found = [1, 2, 3, 4, 5].map((id) => at(`10.0.0.${id}`));
    node.membership.discovered([...found, at("10.0.0.3"), at("not-an-address")], 0);
    const targets = node.take().map(({ to }) => to.address);
    expect([...targets].sort()).toEqual(["10.0.0.3", "10.0.0.4", "10.0.0.5"]);
    orders.add(targets.join());
  }
  expect(orders.size).toBeGreaterThan(1);
});

test("own pings that come back are counted, change nothing and teach the own address", () => {
  const node = new Node({ nodeId: 1 });
  node.membership.start(0);
  node.membership.discovered([at("10.9.9.9")], 0);
  const own = node.take()[0]?.bytes ?? new Uint8Array();
  expect(node.membership.receive(own, "10.9.9.9", 5884, 1)).toBe("self");
  expect(node.membership.table.size).toBe(0);
  expect(node.take()).toEqual([]);
  node.membership.discovered([at("10.9.9.9")], 2);
  expect(node.take()).toEqual([]);
  expect(node.membership.stats().outcomes.self).toBe(1);
});

test("the own id from a stranger is a conflict: counted, listed, told once, not answered", () => {
  const node = new Node({ nodeId: 1 });
  node.membership.start(0);
  expect(node.hear({ id: 1, state: 2 }, at("10.0.0.66"), 5)).toBe("conflict");
  expect(node.hear({ id: 1, state: 2 }, at("10.0.0.66"), 6)).toBe("conflict");
  expect(node.take()).toEqual([]);
  expect(node.membership.conflicts()).toMatchObject([{ id: 1, address: "10.0.0.66", lastSeen: 6 }]);
  expect(node.events.filter((event) => event.type === "conflict").length).toBe(1);
  expect(node.membership.stats()).toMatchObject({ conflicts: 1, outcomes: { conflict: 2 } });
  for (let now = 2000; now <= 14_000; now += 2000) node.membership.handleTimeout(now);
  expect(node.membership.conflicts()).toEqual([]);
});

test("a double with another generation is no conflict; a higher one supersedes", () => {
  const node = new Node({ nodeId: 1, generation: 3 });
  node.membership.start(0);
  expect(node.hear({ id: 1, instance: 9, generation: 0 }, at("10.0.1.1"), 1)).toBe("ping");
  expect(node.membership.table.owner(1)).toBeUndefined();
  expect(node.membership.conflicts()).toEqual([]);
  expect(node.hear({ id: 1, instance: 9, generation: 4 }, at("10.0.1.1"), 2)).toBe("ping");
  expect(node.hear({ id: 1, instance: 9, generation: 4 }, at("10.0.1.1"), 3)).toBe("ping");
  expect(node.events.filter((event) => event.type === "superseded").length).toBe(1);
  expect(node.membership.conflicts()).toEqual([]);
  expect(node.hear({ id: 1, instance: 8, generation: 3 }, at("10.0.2.1"), 4)).toBe("conflict");
});

test("a raised generation is told to all nodes at once", () => {
  const node = new Node({ nodeId: 1, generation: 0 });
  node.membership.start(0);
  node.hear({ id: 2 }, at("10.0.0.2"), 0);
  node.hear({ id: 3 }, at("10.0.0.3"), 0);
  node.take();
  node.membership.raiseGeneration(2, 1);
  expect(node.take().map((sent) => readPing(sent).tail?.generation)).toEqual([2, 2]);
  node.membership.raiseGeneration(1, 2);
  expect(node.take()).toEqual([]);
  expect(node.membership.generation).toBe(2);
});

test("a Californium node that echoes our tail in its pong has no generation of ours", () => {
  const node = new Node({ nodeId: 1, generation: 9 });
  node.membership.start(0);
  node.membership.discovered([at("10.0.0.2")], 0);
  const echo = (node.take()[0]?.bytes ?? new Uint8Array()).slice();
  echo[0] = 60;
  echo[1] = 2;
  expect(node.membership.receive(echo, "10.0.0.2", 5884, 1)).toBe("pong");
  expect(node.membership.table.owner(2)).toMatchObject({ generation: 1, instance: undefined });
});

test("what is malformed is counted and changes nothing; all outcomes add up", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 30 }), (datagrams) => {
      const node = new Node({ nodeId: 1, maxNodes: 4 });
      node.membership.start(0);
      let port = 1;
      for (const datagram of datagrams) {
        node.membership.receive(datagram, "10.0.0.9", port++, 1);
        node.membership.receive(Uint8Array.from([61, ...datagram]), "10.0.0.9", port++, 1);
      }
      const { received, outcomes } = node.membership.stats();
      expect(received).toBe(2 * datagrams.length);
      expect(Object.values(outcomes).reduce((sum, value) => sum + value, 0)).toBe(received);
      expect(node.membership.table.size).toBeLessThanOrEqual(4);
    }),
  );
});

test("a full table refuses new nodes and says so", () => {
  const node = new Node({ nodeId: 1, maxNodes: 2 });
  node.membership.start(0);
  expect(node.hear({ id: 2 }, at("10.0.0.2"), 0)).toBe("ping");
  expect(node.hear({ id: 3 }, at("10.0.0.3"), 0)).toBe("ping");
  expect(node.hear({ id: 4 }, at("10.0.0.4"), 0)).toBe("full");
  expect(node.hear({ id: 3 }, at("10.0.0.3"), 1)).toBe("ping");
});

test.each([
  { nodeId: -1 },
  { nodeId: 2 ** 32 },
  { nodeId: 1, initialNodes: 0 },
  { nodeId: 1, generation: -1 },
])("the options %o are refused", (options) => {
  expect(() => new Node(options)).toThrow(NodesUsageError);
});

test("pingOf writes what the tests claim", () => {
  expect(pingOf({ id: 5, state: 1 })).toEqual(Uint8Array.from([61, 5, 0, 0, 0, 1]));
});
