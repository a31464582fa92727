import { expect, test } from "vitest";
import { type LinkConditions, simulate, testSeeds, type World } from "../src/index.ts";

const server = { address: "10.0.1.1", port: 5684 };

/** Sends numbered datagrams, one a millisecond, and returns the numbers in order of arrival. */
function arrivals(world: World, count: number, conditions: Partial<LinkConditions>): number[] {
  world.network.setConditions(conditions);
  const seen: number[] = [];
  const from = { address: "10.0.0.1", port: 4000 };
  const unbind = world.network.bind(server, (datagram) => {
    seen.push(((datagram[0] ?? 0) << 8) | (datagram[1] ?? 0));
  });
  for (let index = 0; index < count; index += 1) {
    world.network.send(Uint8Array.of(index >> 8, index & 255, 0, 0), from, server);
    world.runFor(1);
  }
  world.runFor(10_000);
  unbind();
  return seen;
}

test("an ideal link delivers everything, in order, after its delay", () => {
  simulate((world) => {
    expect(arrivals(world, 300, {})).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(world.journal.count("delivered")).toBe(300);
  });
});

test.each(testSeeds(3))("loss, duplication and jitter do what they say (seed %i)", (seed) => {
  simulate(
    (world) => {
      const lossy = arrivals(world, 2000, { loss: 0.2 });
      expect(lossy.length).toBeGreaterThan(1500);
      expect(lossy.length).toBeLessThan(1700);
      expect(arrivals(world, 2000, { loss: 0, duplicate: 0.1 }).length).toBeGreaterThan(2100);
      const shuffled = arrivals(world, 2000, { duplicate: 0, jitterMs: 10 });
      expect(shuffled).toHaveLength(2000);
      expect(shuffled).not.toEqual([...shuffled].sort((a, b) => a - b));
    },
    { seed },
  );
});

test("bursts lose datagrams in a row", () => {
  simulate((world) => {
    const seen = arrivals(world, 5000, { burst: { begin: 0.01, end: 0.1 } });
    const gaps = seen.map((number, index) => number - (seen[index - 1] ?? -1) - 1);
    const lost = gaps.filter((gap) => gap > 0);
    const meanGap = lost.reduce((sum, gap) => sum + gap, 0) / lost.length;
    expect(meanGap).toBeGreaterThan(5);
    expect(world.journal.count("lost in burst")).toBeGreaterThan(100);
  });
});

test("a rate spaces datagrams out and its queue is bounded", () => {
  simulate((world) => {
    world.network.setConditions({ bytesPerSecond: 1000, queueBytes: 400 });
    const times: number[] = [];
    world.network.bind(server, () => times.push(world.now - 1000));
    for (let index = 0; index < 10; index += 1) {
      world.network.send(new Uint8Array(100), { address: "10.0.0.1", port: 1 }, server);
    }
    world.runUntilIdle();
    expect(times).toEqual([101, 201, 301, 401, 501]);
    expect(world.journal.count("queue full")).toBe(5);
  });
});

test("the MTU holds per direction", () => {
  simulate((world) => {
    world.network.setLink("10.0.0.1", server.address, { mtu: 3 });
    expect(arrivals(world, 5, {})).toEqual([]);
    expect(world.journal.count("too big")).toBe(5);
  });
});

test("one seed gives one history, another seed another", () => {
  const conditions = { loss: 0.3, jitterMs: 20, duplicate: 0.2 };
  const history = (seed: number): number[] =>
    simulate((world) => arrivals(world, 500, conditions), { seed });
  expect(history(7)).toEqual(history(7));
  expect(history(7)).not.toEqual(history(8));
});

test("a NAT gives a public port, answers come back, rebinding changes it and kills the old one", () => {
  simulate((world) => {
    const nat = world.network.addNat("192.0.2.1", ["10.0.0.1"]);
    const sources: number[] = [];
    let answers = 0;
    const client = { address: "10.0.0.1", port: 4000 };
    world.network.bind(client, () => (answers += 1));
    world.network.bind(server, (_, from) => {
      expect(from.address).toBe("192.0.2.1");
      sources.push(from.port);
      world.network.send(Uint8Array.of(1), server, from);
    });
    world.network.send(Uint8Array.of(1), client, server);
    world.runUntilIdle();
    nat.rebind();
    world.network.send(Uint8Array.of(1), server, { address: "192.0.2.1", port: sources[0] ?? 0 });
    world.network.send(Uint8Array.of(1), client, server);
    world.runUntilIdle();
    expect(new Set(sources).size).toBe(2);
    expect(answers).toBe(2);
    expect(world.journal.count("no mapping")).toBe(1);
  });
});

test("an idle mapping is forgotten", () => {
  simulate((world) => {
    world.network.addNat("192.0.2.1", ["10.0.0.1"], 30_000);
    const ports = new Set<number>();
    world.network.bind(server, (_, from) => ports.add(from.port));
    for (const pause of [20_000, 40_000, 0]) {
      world.network.send(Uint8Array.of(1), { address: "10.0.0.1", port: 4000 }, server);
      world.runFor(pause);
    }
    world.runUntilIdle();
    expect(ports.size).toBe(2);
  });
});

test("filters drop and change datagrams; taps see them before", () => {
  simulate((world) => {
    const tapped: number[] = [];
    world.network.addTap((datagram) => tapped.push(datagram[1] ?? -1));
    const remove = world.network.addFilter((datagram) => {
      if (datagram[1] === 0) return "drop";
      return datagram[1] === 1 ? Uint8Array.of(0, 99) : "pass";
    });
    expect(arrivals(world, 3, {})).toEqual([99, 2]);
    remove();
    expect(arrivals(world, 3, {})).toEqual([0, 1, 2]);
    expect(tapped).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

test("a receiver that keeps a view, and a sender that reuses its buffer, are found out", () => {
  simulate((world) => {
    let kept: Uint8Array = new Uint8Array(0);
    world.network.bind(server, (datagram) => (kept = datagram));
    const datagram = Uint8Array.of(1, 2, 3);
    world.network.send(datagram, { address: "10.0.0.1", port: 1 }, server);
    world.runUntilIdle();
    expect(kept).not.toEqual(datagram);
    world.network.send(datagram, { address: "10.0.0.1", port: 1 }, server);
    datagram[0] = 9;
    expect(() => world.runUntilIdle()).toThrow(/10\.0\.0\.1:1 changed a datagram/);
  });
});
