import fc from "fast-check";
import { expect, test } from "vitest";
import { NodesTable } from "../src/index.ts";
import { Node } from "./network.ts";

const at = (address: string, port = 5884) => ({ address, port });
const claim = (id: number, generation = 1, instance?: number) => ({
  id,
  generation,
  state: 2,
  instance,
});

test("the highest generation owns, and the former holders are known", () => {
  const table = new NodesTable();
  table.update(claim(7, 1, 11), "10.0.0.1", 1, 0);
  table.update(claim(7, 3, 13), "10.0.0.3", 1, 1);
  table.update(claim(7, 2, 12), "10.0.0.2", 1, 2);
  table.update(claim(7, 0, 14), "10.0.0.4", 1, 3);
  expect(table.owner(7)?.address).toBe("10.0.0.3");
  expect(table.previousHolders(7).map((node) => node.generation)).toEqual([2, 1]);
  expect(table.conflicts()).toEqual([]);
  table.update(claim(7, 4, 14), "10.0.0.4", 1, 4);
  expect(table.owner(7)?.address).toBe("10.0.0.4");
});

test("an id above 255 is a member without a place in a Connection ID", () => {
  const table = new NodesTable();
  table.update(claim(70_000), "10.0.0.1", 1, 0);
  expect(table.owner(70_000)?.address).toBe("10.0.0.1");
  expect(table.owner(70_000 & 255)).toBeUndefined();
  expect(table.isKnown("10.0.0.1", 1)).toBe(true);
});

test("an address that comes back with another id gives the former id up", () => {
  const table = new NodesTable();
  table.update(claim(1), "10.0.0.1", 1, 0);
  expect(table.update(claim(2), "10.0.0.1", 1, 1)).toBe("restarted");
  expect(table.owner(1)).toBeUndefined();
  expect(table.owner(2)?.address).toBe("10.0.0.1");
  expect(table.size).toBe(1);
});

test("a process of ours that moves leaves no old address behind", () => {
  const table = new NodesTable();
  table.update(claim(1, 1, 99), "10.0.0.1", 1, 0);
  expect(table.update(claim(1, 1, 99), "10.0.0.2", 1, 1)).toBe("moved");
  expect(table.isKnown("10.0.0.1", 1)).toBe(false);
  expect(table.owner(1)?.address).toBe("10.0.0.2");
});

test("a restarted process at the same address starts with its own generation", () => {
  const table = new NodesTable();
  table.update(claim(1, 5, 99), "10.0.0.1", 1, 0);
  expect(table.update(claim(1, 1, 100), "10.0.0.1", 1, 1)).toBe("restarted");
  expect(table.owner(1)?.generation).toBe(1);
});

test("two live claimants of one generation: the incumbent stays and the conflict shows", () => {
  const node = new Node({ nodeId: 9 });
  node.membership.start(0);
  node.hear({ id: 1, instance: 11 }, at("10.0.0.1"), 0);
  node.take();
  node.hear({ id: 1, instance: 12 }, at("10.0.0.2"), 100);
  expect(node.take().map(({ to }) => to.address)).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(node.membership.conflicts()).toEqual([]);
  node.hear({ type: 60, id: 1, instance: 11 }, at("10.0.0.1"), 110);
  expect(node.membership.conflicts()).toMatchObject([{ id: 1, address: "10.0.0.2" }]);
  expect(node.events.at(-1)?.type).toBe("conflict");
  for (const now of [2000, 4000]) {
    node.hear({ type: 60, id: 1, instance: 11 }, at("10.0.0.1"), now);
    node.membership.handleTimeout(now);
    expect(node.membership.table.owner(1)?.address).toBe("10.0.0.1");
  }
});

test("a claimant that comes back under a new address owns after the old one stayed silent", () => {
  const node = new Node({ nodeId: 9 });
  node.membership.start(0);
  node.hear({ id: 1 }, at("10.0.0.1"), 0);
  node.hear({ id: 1 }, at("10.0.0.2"), 1000);
  expect(node.membership.table.owner(1)?.address).toBe("10.0.0.1");
  node.membership.handleTimeout(2000);
  node.hear({ id: 1 }, at("10.0.0.2"), 2500);
  expect(node.membership.table.owner(1)?.address).toBe("10.0.0.1");
  node.membership.handleTimeout(4000);
  expect(node.membership.table.owner(1)?.address).toBe("10.0.0.2");
  expect(node.membership.conflicts()).toEqual([]);
  expect(node.membership.stats().conflicts).toBe(0);
});

test("any sequence of claims and removals keeps the lookups consistent", () => {
  const step = fc.record({
    id: fc.constantFrom(0, 1, 2, 255, 300),
    generation: fc.integer({ min: 0, max: 3 }),
    instance: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    host: fc.integer({ min: 1, max: 5 }),
    removes: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new NodesTable({ maxNodes: 4, maxClaimants: 3 });
      let now = 0;
      for (const { id, generation, instance, host, removes } of steps) {
        now += 500;
        const address = `10.0.0.${host}`;
        const known = table.at(address, 1);
        if (removes && known !== undefined) table.remove(known, now);
        else table.update({ id, generation, state: 2, instance }, address, 1, now);
        const nodes = [...table.nodes()];
        expect(nodes.length).toBe(table.size);
        expect(table.size).toBeLessThanOrEqual(4);
        expect(new Set(nodes.map((node) => node.id)).size).toBe(table.idCount);
        for (const node of nodes) {
          expect(table.at(node.address, node.port)).toBe(node);
          expect(table.claimants(node.id)).toContain(node);
          const highest = Math.max(...table.claimants(node.id).map((row) => row.generation));
          expect(table.owner(node.id)?.generation ?? 0).toBe(highest);
        }
        for (const other of [0, 1, 2, 255, 300]) {
          if (!nodes.some((node) => node.id === other)) {
            expect(table.owner(other)).toBeUndefined();
          }
        }
      }
    }),
  );
});
