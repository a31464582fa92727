import { encodeForwardFrame, sealFrameMac, verifyFrameMac } from "@dtls-cluster/wire";
import { afterEach, expect, test } from "vitest";
import { cidRecord, client, Host, imbalances, lastFlight, plainRecord, settle } from "./cluster.ts";

let hosts: Host[] = [];
afterEach(() => {
  for (const host of hosts) expect(imbalances(host.forwarder)).toEqual([]);
  hosts = [];
});

function cluster(options = {}): [Host, Host, Host] {
  const made: [Host, Host, Host] = [
    new Host(1, "10.0.0.1", options),
    new Host(2, "10.0.0.2", options),
    new Host(3, "10.0.0.3", options),
  ];
  for (const host of made) {
    made.forEach((other, index) => {
      if (other !== host) host.knows(index + 1, other.address);
    });
  }
  hosts = made;
  return made;
}

test("a record of the own id is delivered, without a router", () => {
  const [one] = cluster();
  const record = cidRecord(1);
  expect(one.receive(record)).toBe("own");
  expect(one.delivered).toEqual([{ datagram: record, from: "198.51.100.7:40000", via: undefined }]);
});

test("a foreign record goes to its node, the answer back through the router", () => {
  const [one, two] = cluster();
  const record = cidRecord(2);
  expect(one.receive(record)).toBe("forwarded");
  settle(hosts);
  expect(two.delivered).toMatchObject([{ datagram: record, from: "198.51.100.7:40000" }]);
  const via = two.delivered[0]?.via;
  expect(via).toMatchObject(one.address);
  const answer = cidRecord(0);
  expect(two.forwarder.sendBackward(answer, client, via ?? client)).toBe("backwarded");
  settle(hosts);
  expect(one.published).toEqual([{ record: answer, to: "198.51.100.7:40000" }]);
  expect(one.forwarder.counters()).toMatchObject({ forwarded: 1, sendBackwarded: 1 });
  expect(two.forwarder.counters()).toMatchObject({ processForwarded: 1, backwarded: 1 });
});

test("IPv6 clients are forwarded and answered too", () => {
  const [one, two] = cluster();
  one.forwarder.receivePublic(cidRecord(2), "2001:db8::7", 1, 0);
  settle(hosts);
  expect(two.delivered[0]?.from).toBe("2001:db8::7:1");
});

test("a record for an unknown node is dropped, not delivered", () => {
  const [one] = cluster();
  expect(one.receive(cidRecord(77))).toBe("dropUnknownNode");
  expect(one.delivered).toEqual([]);
  expect(settle(hosts)).toBe(0);
});

test.each([
  ["an empty datagram", new Uint8Array()],
  ["a CoAP message", Uint8Array.from([0x40, 1, 0, 1])],
  ["a cluster ping", Uint8Array.from([61, 1, 0, 0, 0, 0])],
  ["a header of a foreign record", cidRecord(2).subarray(0, 19)],
  ["a foreign record cut short", cidRecord(2).subarray(0, 40)],
  ["an own record without its Connection ID", cidRecord(1).subarray(0, 14)],
  ["a plain record cut short", plainRecord(22, 30).subarray(0, 20)],
])("%s is malformed", (_name, datagram) => {
  const [one] = cluster();
  expect(one.receive(datagram)).toBe("dropMalformed");
  expect(one.delivered).toEqual([]);
});

test("a last flight is routed whole by the Connection ID of its Finished", () => {
  const [one, two] = cluster();
  const flight = lastFlight(2);
  expect(one.receive(flight)).toBe("forwarded");
  settle(hosts);
  expect(two.delivered).toMatchObject([{ datagram: flight }]);
  expect(two.receive(flight)).toBe("own");
});

test("what a last flight teaches routes the flight's other datagrams for a minute", () => {
  const [one, two] = cluster();
  one.takes = () => false;
  one.receive(lastFlight(2), 0);
  settle(hosts);
  expect(one.receive(plainRecord(22, 30), 59_000)).toBe("hinted");
  expect(one.receive(plainRecord(20, 1), 59_000)).toBe("hinted");
  settle(hosts);
  expect(two.delivered.length).toBe(3);
  expect(one.receive(plainRecord(22, 30), 60_000)).toBe("spread");
});

test("a hint never takes a datagram from a handshake at this node", () => {
  const [one] = cluster();
  one.receive(lastFlight(2));
  expect(one.receive(plainRecord(22, 30))).toBe("local");
});

test("a Finished that comes alone teaches, records of an established connection do not", () => {
  const [one] = cluster({ maxSpreadPerSecond: 0 });
  one.takes = () => false;
  one.receive(cidRecord(2, 1000));
  one.receive(cidRecord(2, 16));
  expect(one.receive(plainRecord(22, 30))).toBe("unplaced");
  one.receive(cidRecord(2, 15));
  expect(one.receive(plainRecord(22, 30))).toBe("hinted");
});

test("a flood of hints costs only the oldest hints", () => {
  const [one] = cluster({ maxHints: 10, maxSpreadPerSecond: 0 });
  one.takes = () => false;
  for (let port = 1; port <= 1000; port++) {
    one.forwarder.receivePublic(lastFlight(2), "192.0.2.1", port, 0);
  }
  const ask = (port: number) =>
    one.forwarder.receivePublic(plainRecord(22, 30), "192.0.2.1", port, 1);
  expect(ask(990)).toBe("unplaced");
  expect(ask(991)).toBe("hinted");
  expect(ask(1000)).toBe("hinted");
});

test("flights nobody here knows go to all nodes, at a bounded rate; nothing else does", () => {
  const [one, two, three] = cluster({ maxSpreadPerSecond: 2 });
  one.takes = () => false;
  const key = plainRecord(22, 30);
  expect([one.receive(key), one.receive(key), one.receive(key)]).toEqual([
    "spread",
    "spread",
    "unplaced",
  ]);
  expect(one.receive(plainRecord(21, 2), 5000)).toBe("unplaced");
  expect(one.receive(plainRecord(23, 40), 5000)).toBe("unplaced");
  expect(one.receive(key, 5000)).toBe("spread");
  settle(hosts);
  expect([two.delivered.length, three.delivered.length]).toEqual([3, 3]);
});

test("a ChangeCipherSpec alone goes to nodes that take it, not to Californium's", () => {
  const one = new Host(1, "10.0.0.1");
  one.table.update({ id: 2, generation: 1, state: 2, instance: undefined }, "10.0.0.2", 5884, 0);
  one.takes = () => false;
  hosts = [one];
  one.receive(lastFlight(2));
  expect(one.receive(plainRecord(20, 1))).toBe("dropForward");
  one.knows(2, { address: "10.0.0.3", port: 5884 }, 2);
  one.receive(lastFlight(2));
  expect(one.receive(plainRecord(20, 1))).toBe("hinted");
});

test("the strict length rule holds for frames of Californium's nodes", () => {
  const two = new Host(2, "10.0.0.2");
  two.table.update({ id: 1, generation: 1, state: 2, instance: undefined }, "10.0.0.1", 5884, 0);
  hosts = [two];
  const frame =
    encodeForwardFrame(63, client.address, 1, plainRecord(22, 12), 0) ?? new Uint8Array();
  expect(two.forwarder.receiveCluster(frame, "10.0.0.1", 5884, 0)).toBe("dropMalformedFrame");
  const longer =
    encodeForwardFrame(63, client.address, 1, plainRecord(22, 13), 0) ?? new Uint8Array();
  expect(two.forwarder.receiveCluster(longer, "10.0.0.1", 5884, 0)).toBe("processForwarded");
});

test("a forwarded record is never forwarded again", () => {
  const [one, two, three] = cluster();
  const frame = encodeForwardFrame(63, client.address, 1, cidRecord(3), 0) ?? new Uint8Array();
  const { address, port } = one.address;
  expect(two.forwarder.receiveCluster(frame, address, port, 0)).toBe("dropHopLimit");
  expect(settle(hosts)).toBe(0);
  expect(three.delivered).toEqual([]);
});

test("two tables that point at each other end in a counter, not in a circle", () => {
  const one = new Host(1, "10.0.0.1");
  const two = new Host(2, "10.0.0.2");
  one.knows(2, two.address);
  one.knows(3, two.address);
  two.knows(1, one.address);
  two.knows(3, one.address);
  hosts = [one, two];
  one.table.update({ id: 3, generation: 1, state: 2, instance: 5 }, "10.0.0.2", 5884, 0);
  expect(one.receive(cidRecord(3))).toBe("forwarded");
  expect(settle(hosts)).toBe(1);
  expect(two.forwarder.counters().dropHopLimit).toBe(1);
});

test("frames from an address that is no node's change nothing", () => {
  const [one] = cluster();
  for (const type of [58, 59, 62, 63] as const) {
    const frame = encodeForwardFrame(type, "192.0.2.99", 5, cidRecord(1), 0) ?? new Uint8Array();
    expect(one.forwarder.receiveCluster(frame, "10.6.6.6", 5884, 0)).toBe("dropUnknownSource");
    expect(one.forwarder.receiveCluster(frame, "10.0.0.2", 1, 0)).toBe("dropUnknownSource");
  }
  expect([one.delivered, one.published, one.frames]).toEqual([[], [], []]);
});

test("relay frames are believed from a double only", () => {
  const [one] = cluster();
  const inner = encodeForwardFrame(63, "192.0.2.99", 5, cidRecord(1), 0) ?? new Uint8Array();
  const frame = encodeForwardFrame(59, "10.0.0.3", 5884, inner, 0) ?? new Uint8Array();
  expect(one.forwarder.receiveCluster(frame, "10.0.0.2", 5884, 0)).toBe("dropUnknownSource");
});

test("an answer for a router that is gone is dropped and counted", () => {
  const [one, two] = cluster();
  one.receive(cidRecord(2));
  settle(hosts);
  const via = two.delivered[0]?.via ?? client;
  const router = two.table.at(via.address, via.port);
  if (router !== undefined) two.table.remove(router, 0);
  expect(two.forwarder.sendBackward(cidRecord(0), client, via)).toBe("dropBackward");
  expect([two.frames, two.published]).toEqual([[], []]);
});

test("with backward mode off the owner answers from its own socket", () => {
  const [, two] = cluster({ backward: false });
  const via = { address: "10.0.0.1", port: 5884 };
  expect(two.forwarder.sendBackward(cidRecord(0), client, via)).toBe("backwardDirect");
  expect(two.published.length).toBe(1);
});

test("with a MAC: forged frames and missing keys have their counters", () => {
  const hmac = (covered: Uint8Array) => {
    const mac = new Uint8Array(8);
    covered.forEach((octet, index) => {
      mac[index % 8] = (mac[index % 8] ?? 0) * 31 + octet;
    });
    return mac;
  };
  let hasKeys = true;
  const protection = {
    seal: (frame: Uint8Array, macOffset: number) => {
      sealFrameMac(frame, macOffset, hmac);
      return hasKeys;
    },
    verify: (frame: Uint8Array, macOffset: number) => {
      if (!hasKeys) return "no-keys" as const;
      return verifyFrameMac(frame, macOffset, hmac) ? ("authentic" as const) : ("forged" as const);
    },
  };
  const [one, two] = cluster({ protection });
  one.receive(cidRecord(2));
  const frame = one.frames[0]?.frame ?? new Uint8Array();
  const { address, port } = one.address;
  expect(two.forwarder.receiveCluster(frame, address, port, 0)).toBe("processForwarded");
  for (const index of [1, 4, 8, 16, frame.length - 1]) {
    const forged = frame.slice();
    forged[index] = (forged[index] ?? 0) ^ 1;
    expect(two.forwarder.receiveCluster(forged, address, port, 0)).toBe("badForward");
  }
  const backward = frame.slice();
  backward[0] = 62;
  expect(two.forwarder.receiveCluster(backward, address, port, 0)).toBe("badBackward");
  hasKeys = false;
  expect(two.forwarder.receiveCluster(frame, address, port, 0)).toBe("dropNoKeys");
  expect(one.receive(cidRecord(2))).toBe("dropForward");
  expect(two.forwarder.sendBackward(cidRecord(0), client, one.address)).toBe("dropBackward");
  expect(two.delivered.length).toBe(1);
});
