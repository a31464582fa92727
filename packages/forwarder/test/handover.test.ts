import { encodeForwardFrame } from "@dtls-cluster/wire";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import {
  cidRecord,
  client,
  concat,
  Host,
  imbalances,
  lastFlight,
  plainRecord,
  settle,
} from "./cluster.ts";

let hosts: Host[] = [];
afterEach(() => {
  for (const host of hosts) expect(imbalances(host.forwarder)).toEqual([]);
  hosts = [];
});

/** The old and the new process of node 1, and node 2, which knows only the old one. */
function doubles(): [Host, Host, Host] {
  const old = new Host(1, "10.0.0.1");
  const next = new Host(1, "10.0.1.1");
  const other = new Host(2, "10.0.0.2");
  old.knows(1, next.address, 0);
  old.knows(2, other.address);
  next.knows(1, old.address);
  other.knows(1, old.address);
  hosts = [old, next, other];
  return [old, next, other];
}

test("after a handover the old process relays; answers go back through it, one hop more", () => {
  const [old, next, other] = doubles();
  old.forwarder.relayTo(next.address, 2, false);
  expect(old.receive(cidRecord(1))).toBe("relayed");
  expect(other.receive(cidRecord(1))).toBe("forwarded");
  expect(settle(hosts)).toBe(3);
  expect(old.delivered).toEqual([]);
  expect(next.delivered.map(({ via }) => via?.address)).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(next.table.isKnown("10.0.0.2", 5884)).toBe(false);
  for (const { via } of next.delivered) {
    next.forwarder.sendBackward(cidRecord(0), client, via ?? client);
  }
  settle(hosts);
  expect([old.published.length, other.published.length]).toEqual([1, 1]);
  expect(next.forwarder.counters()).toMatchObject({ backwarded: 1, backwardRelayed: 1 });
  expect(old.forwarder.counters()).toMatchObject({ relayedForward: 1, relayedBackward: 1 });
});

test("a router that both know is answered without the relay", () => {
  const [old, next, other] = doubles();
  old.forwarder.relayTo(next.address, 2, false);
  next.knows(2, other.address);
  other.knows(1, next.address, 0, 70);
  other.receive(cidRecord(1));
  settle(hosts);
  const via = next.delivered[0]?.via ?? client;
  expect(next.forwarder.sendBackward(cidRecord(0), client, via)).toBe("backwarded");
});

test("before activation the taker passes everything for its id to the owner", () => {
  const [old, next] = doubles();
  next.forwarder.relayTo(old.address, 1, false);
  expect(next.receive(cidRecord(1))).toBe("relayed");
  expect(next.receive(plainRecord(22, 60))).toBe("relayed");
  settle(hosts);
  expect(next.delivered).toEqual([]);
  expect(old.delivered.length).toBe(2);
  next.forwarder.own();
  expect(next.receive(cidRecord(1))).toBe("own");
});

test("the new process of another node, which knows no old ones, reaches the owner through its taker", () => {
  const [old, next] = doubles();
  const nextOther = new Host(2, "10.0.1.2");
  hosts.push(nextOther);
  nextOther.knows(1, next.address, 0);
  next.knows(2, nextOther.address);
  next.forwarder.relayTo(old.address, 1, false);
  expect(nextOther.receive(cidRecord(1))).toBe("forwarded");
  expect(settle(hosts)).toBe(2);
  expect(old.delivered.length).toBe(1);
  const via = old.delivered[0]?.via ?? client;
  expect(old.forwarder.sendBackward(cidRecord(0), client, via)).toBe("backwardRelayed");
  settle(hosts);
  expect(nextOther.published.length).toBe(1);
});

test("what the taker relayed and the source reads only when it is sealed goes back to the taker", () => {
  for (const isLate of [false, true]) {
    const [old, next, other] = doubles();
    next.knows(2, other.address);
    other.knows(1, next.address, 0, 70);
    next.forwarder.relayTo(old.address, 1, false);
    const sent = encodeForwardFrame(63, client.address, client.port, cidRecord(1), 0);
    const { address, port } = other.address;
    next.forwarder.receiveCluster(sent ?? new Uint8Array(), address, port, 0);
    // Meanwhile the handover is completed.
    old.forwarder.relayTo(next.address, 2, isLate);
    next.forwarder.own();
    old.takes = () => false;
    expect(settle(hosts)).toBe(2);
    expect(next.delivered.map(({ datagram, via }) => [datagram, via?.address])).toEqual([
      [cidRecord(1), "10.0.0.2"],
    ]);
    expect(old.forwarder.counters()).toMatchObject({ relayedForward: 1, dropHopLimit: 0 });
  }
});

test("doubles that each believe the other owns drop after two hops", () => {
  const [old, next, other] = doubles();
  old.forwarder.relayTo(next.address, 2, false);
  next.forwarder.relayTo(old.address, 1, false);
  expect(old.receive(cidRecord(1))).toBe("relayed");
  expect(other.receive(cidRecord(1))).toBe("forwarded");
  expect(settle(hosts)).toBe(4);
  expect(next.forwarder.counters().dropHopLimit).toBe(1);
  expect(old.forwarder.counters().dropHopLimit).toBe(1);
  expect([...old.delivered, ...next.delivered]).toEqual([]);
});

test("a relay prefers the highest generation it knows", () => {
  const [old, next] = doubles();
  const third = new Host(1, "10.0.2.1");
  third.knows(1, old.address);
  hosts.push(third);
  old.forwarder.relayTo(next.address, 2, false);
  old.knows(1, third.address, 3, 50);
  old.receive(cidRecord(1));
  settle(hosts);
  expect(next.delivered).toEqual([]);
  expect(third.delivered.length).toBe(1);
});

test("late: the source finishes its handshakes, the owner sends it what it cannot place", () => {
  const [old, next, other] = doubles();
  old.forwarder.relayTo(next.address, 2, true);
  next.forwarder.setLateDouble(old.address);
  next.takes = () => false;
  expect(next.receive(lastFlight(1))).toBe("hinted");
  expect(next.receive(plainRecord(20, 1))).toBe("hinted");
  settle(hosts);
  expect(old.delivered.length).toBe(2);
  // A third node sends the flight to the source or, once it knows it, to the owner.
  other.receive(lastFlight(1));
  settle(hosts);
  expect(old.delivered.length).toBe(3);
  // Nobody takes it: after one hop it waits for the connection.
  old.takes = () => false;
  next.receive(lastFlight(1));
  expect(settle(hosts)).toBe(2);
  expect(old.forwarder.counters()).toMatchObject({ processForwarded: 3, relayedForward: 1 });
  expect(next.forwarder.counters()).toMatchObject({ processForwarded: 0, parked: 1 });
  next.forwarder.setLateDouble(undefined);
  expect(next.receive(lastFlight(1))).toBe("own");
});

test("late: a request that overtakes its connection comes back to the owner once", () => {
  const [old, next] = doubles();
  old.forwarder.relayTo(next.address, 2, true);
  old.takes = () => false;
  next.forwarder.setLateDouble(old.address);
  next.takes = () => next.delivered.length > 1;
  expect(next.receive(cidRecord(1))).toBe("hinted");
  expect(settle(hosts)).toBe(2);
  expect(next.delivered.length).toBe(2);
  // The answer finds its way to the public socket that took the request.
  next.forwarder.sendBackward(cidRecord(0), client, next.delivered[1]?.via ?? client);
  settle(hosts);
  expect(next.published.length).toBe(1);
});

test("late: a request that comes ahead of its connection, also by way of the source, waits for it", () => {
  const [old, next, other] = doubles();
  old.forwarder.relayTo(next.address, 2, true);
  old.takes = () => false;
  next.forwarder.setLateDouble(old.address);
  let isImported = false;
  next.takes = () => isImported;
  expect(next.receive(cidRecord(1, 1), 10)).toBe("hinted");
  expect(old.receive(cidRecord(1, 2), 10)).toBe("relayed");
  expect(other.receive(cidRecord(1, 3), 10)).toBe("forwarded");
  settle(hosts, 10);
  expect(next.forwarder.counters()).toMatchObject({ parked: 3, processForwarded: 0 });
  next.forwarder.retryParked(20);
  expect(next.forwarder.counters()).toMatchObject({ unparked: 0, dropParked: 0 });
  isImported = true;
  next.delivered.length = 0;
  next.forwarder.retryParked(30);
  expect(next.delivered.map(({ datagram }) => datagram[10]).sort()).toEqual([1, 2, 3]);
  expect(next.forwarder.counters()).toMatchObject({ unparked: 3, dropParked: 0 });
  // The answers go out where the requests came in.
  for (const { via } of next.delivered) {
    next.forwarder.sendBackward(cidRecord(0), client, via ?? client);
  }
  settle(hosts, 30);
  expect([next, old, other].map(({ published }) => published.length)).toEqual([1, 1, 1]);
});

test("what waits for a late connection is bounded in number, bytes and time", () => {
  const [old, next] = doubles();
  old.forwarder.relayTo(next.address, 2, false);
  next.takes = () => false;
  const overtake = (count: number, now: number, length?: number): void => {
    for (let sequence = 0; sequence < count; sequence += 1) {
      old.receive(cidRecord(1, sequence, length), now);
      settle(hosts, now);
    }
  };
  overtake(1, 0);
  expect(next.forwarder.counters()).toMatchObject({ parked: 0, processForwarded: 1 });
  next.forwarder.setLateDouble(old.address);
  overtake(70, 0);
  expect(next.forwarder.counters()).toMatchObject({ parked: 70, dropParked: 6 });
  next.forwarder.retryParked(1001);
  expect(next.forwarder.counters()).toMatchObject({ dropParked: 70 });
  overtake(5, 2000, 16_000);
  expect(next.forwarder.counters()).toMatchObject({ parked: 75, dropParked: 71 });
  next.forwarder.setLateDouble(undefined);
  expect(next.forwarder.counters()).toMatchObject({ unparked: 0, dropParked: 75 });
});

test("a handshake that is known to run elsewhere is not begun here again", () => {
  const [old, next] = doubles();
  next.forwarder.expectHandshakeAt(client.address, client.port, old.address, 0);
  expect(next.receive(plainRecord(22, 60), 1)).toBe("hinted");
  expect(next.delivered).toEqual([]);
  expect(next.receive(plainRecord(22, 60), 60_000)).toBe("local");
});

test("what waited during a freeze goes to the new owner with its router", () => {
  const [old, next, other] = doubles();
  expect(old.forwarder.drain(cidRecord(1), client.address, 1, undefined)).toBe("dropDrained");
  old.forwarder.relayTo(next.address, 2, false);
  old.forwarder.drain(cidRecord(1), client.address, 1, undefined);
  old.forwarder.drain(cidRecord(1), client.address, 2, other.address);
  settle(hosts);
  expect(next.delivered.map(({ via }) => via?.address)).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(old.forwarder.counters()).toMatchObject({ drained: 2, dropDrained: 1 });
});

test("whatever comes in, nothing throws, nothing circles and the sums balance", () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom(cidRecord(1), cidRecord(2), cidRecord(3), cidRecord(99), lastFlight(2)),
    fc.constantFrom(plainRecord(22, 30), plainRecord(20, 1), plainRecord(23, 40)),
  );
  const frame = fc
    .tuple(fc.constantFrom(58, 59, 62, 63), fc.ipV4(), fc.array(chunk, { maxLength: 2 }))
    .map(
      ([type, address, parts]) =>
        encodeForwardFrame(type as 58 | 59 | 62 | 63, address, 9, concat(...parts), 0) ??
        new Uint8Array(),
    );
  const nested = fc
    .tuple(fc.constantFrom(58, 59), fc.constantFrom("10.0.0.2", "10.0.1.1"), frame)
    .map(
      ([type, router, inner]) =>
        encodeForwardFrame(type as 58 | 59, router, 5884, inner, 0) ?? new Uint8Array(),
    );
  const step = fc.record({
    host: fc.integer({ min: 0, max: 2 }),
    action: fc.constantFrom(
      "public",
      "public",
      "cluster",
      "backward",
      "relay",
      "own",
      "late",
      "parked",
    ),
    source: fc.constantFrom("10.0.0.1", "10.0.1.1", "10.0.0.2", "10.9.9.9"),
    datagram: fc.oneof(
      fc.array(chunk, { maxLength: 3 }).map((parts) => concat(...parts)),
      frame,
      nested,
    ),
    takes: fc.boolean(),
    flag: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const all = doubles();
      let now = 0;
      for (const { host: index, action, source, datagram, takes, flag } of steps) {
        const host = all[index] ?? all[0];
        now += 100;
        host.takes = () => takes;
        const address = { address: source, port: 5884 };
        if (action === "public") host.receive(datagram, now);
        if (action === "cluster") host.forwarder.receiveCluster(datagram, source, 5884, now);
        if (action === "backward") host.forwarder.sendBackward(datagram, client, address);
        if (action === "relay" && index < 2) {
          host.forwarder.relayTo(index === 0 ? all[1].address : all[0].address, 1, flag);
        }
        if (action === "own") host.forwarder.own();
        if (action === "parked") host.forwarder.retryParked(now);
        if (action === "late") host.forwarder.setLateDouble(flag ? address : undefined);
        expect(settle(all, now)).toBeLessThanOrEqual(12);
      }
      for (const host of all) expect(imbalances(host.forwarder)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
