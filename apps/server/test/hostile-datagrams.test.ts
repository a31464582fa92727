import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { afterAll, expect, it } from "vitest";
import { Balancer, runLoad } from "./support/balanced-load.ts";
import { killAll } from "./support/server-process.ts";
import { freePorts, metric, type NodePorts, TestSite } from "./support/test-nodes.ts";

const site = new TestSite();
afterAll(async () => {
  await killAll();
  site.remove();
});

/** Truncated, oversized, random and of every type that a port knows. */
function hostile(): Buffer[] {
  const datagrams: Buffer[] = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(65_000, 25)];
  for (const type of [20, 21, 22, 23, 24, 25, 26, 58, 59, 60, 61, 62, 63, 255]) {
    for (const length of [1, 4, 5, 12, 13, 14, 40, 600]) {
      const datagram = randomBytes(length);
      datagram[0] = type;
      datagrams.push(datagram);
      const dtls = Buffer.from(datagram);
      dtls.set([0xfe, 0xfd, 0, 1].slice(0, Math.max(0, length - 1)), 1);
      if (length > 18) dtls.set([1, 2, 3, 4, 5, 6], 11);
      datagrams.push(dtls);
    }
  }
  return datagrams;
}

function sendAll(socket: Socket, datagrams: readonly Uint8Array[], port: number): Promise<unknown> {
  return Promise.all(
    datagrams.map(
      (datagram) => new Promise((done) => socket.send(datagram, port, "127.0.0.1", done)),
    ),
  );
}

it("lives on whatever it is sent, and every datagram ends in one counter", async () => {
  const [ports] = (await freePorts(1)) as [NodePorts];
  const node = site.start(ports);
  await node.server.event("ready");
  const balancer = new Balancer([ports]);
  const seen: Uint8Array[] = [];
  balancer.onSend = (datagram) => {
    if (seen.length < 200 && datagram[0] === 25) seen.push(datagram.slice());
  };
  const load = runLoad(balancer, { clients: 20, durationMs: 3000, intervalMs: 50 });
  await balancer.traffic(300);
  const attacker = createSocket("udp4");
  const rubbish = hostile();
  await sendAll(attacker, rubbish, ports.coaps);
  await sendAll(attacker, rubbish, ports.cluster);
  // Records of clients, again and from elsewhere.
  const copies = [...seen];
  await sendAll(attacker, copies, ports.coaps);
  const report = await load;
  attacker.close();
  // With all those counters the diagnosis still fits one record.
  const diagnosis = await runLoad(balancer, {
    path: "/diagnose",
    clients: 1,
    firstClient: 100,
    durationMs: undefined,
    requests: 1,
    method: "GET",
    verify: false,
  });
  expect(diagnosis.responses).toBe(1);
  expect(report.problems).toEqual([]);
  expect(report.retransmissions).toBe(0);
  expect(await metric(node, "dtls_cluster_requests_total")).toBe(report.responses);
  const { dtls, forwarder, requests } = await node.server.stop();
  expect(requests).toBe(report.responses);
  expect((await node.server.ended).code).toBe(0);

  const datagrams = dtls["datagrams"] as Readonly<Record<string, number>> & {
    readonly dropped: Readonly<Record<string, number>>;
  };
  const sum = (counters: Readonly<Record<string, number>>): number =>
    Object.values(counters).reduce((total, value) => total + value, 0);
  expect(datagrams["received"]).toBe(
    (datagrams["handled"] ?? 0) + (datagrams["answered"] ?? 0) + sum(datagrams.dropped),
  );
  expect(datagrams.dropped["replayed"]).toBe(copies.length);
  const { received = 0, receivedCluster = 0, ...outcomes } = forwarder;
  expect(received).toBeGreaterThan(rubbish.length);
  expect(sum(outcomes)).toBe(received + receivedCluster);
  const internal = node.server.lines.filter((line) => line["event"] === "internal-error");
  expect(internal).toEqual([]);
});

it("says goodbye to its clients when it ends", async () => {
  const [ports] = (await freePorts(1)) as [NodePorts];
  const node = site.start(ports);
  await node.server.event("ready");
  const balancer = new Balancer([ports]);
  let alerts = 0;
  balancer.onReceive = (datagram) => {
    // A protected record without Connection ID: the clients of this test ask for none.
    if (datagram[0] === 21) alerts += 1;
  };
  const end = new AbortController();
  const settings = { clients: 10, durationMs: 60_000, intervalMs: 50 };
  const load = runLoad(balancer, settings, end.signal);
  await balancer.traffic(100);
  await node.server.stop();
  expect((await node.server.ended).code).toBe(0);
  end.abort();
  await load;
  expect(alerts).toBe(10);
});
