import { afterAll, afterEach, describe, expect, it } from "vitest";
import { anyOf, Balancer, runLoad } from "./support/balanced-load.ts";
import { killAll } from "./support/server-process.ts";
import { freePorts, isReady, type NodePorts, TestSite } from "./support/test-nodes.ts";

const levels = ["udp", "dtls-mac"] as const;
const sites = levels.map((level) => [level, new TestSite(level)] as const);
afterEach(killAll);
afterAll(() => {
  for (const [, site] of sites) site.remove();
});

describe.each(sites)("a handover under load, cluster channel at level %s", (_level, site) => {
  it("loses no request, needs no handshake and executes everything once", async () => {
    const [a1, a2, b1, b2] = (await freePorts(4)) as [NodePorts, NodePorts, NodePorts, NodePorts];
    const old = [a1, a2].map((ports, index) =>
      site.start(ports, { id: index + 1, group: [a1, a2], more: ["--relay-idle", "2"] }),
    );
    await Promise.all(old.map(({ server }) => server.event("ready")));
    const balancer = new Balancer([a1, a2]);
    balancer.addServers([b1, b2]);
    const end = new AbortController();
    const settings = { clients: 150, durationMs: 60_000, intervalMs: 60 };
    const load = runLoad(balancer, settings, end.signal);
    // Every datagram of a handshake may arrive at another node, too.
    await balancer.traffic(1000);
    const fresh = runLoad(balancer, {
      clients: 40,
      firstClient: 1000,
      handshakeRate: 15,
      durationMs: 1000,
      intervalMs: 100,
    });
    const next = [b1, b2].map((ports, index) =>
      site.start(ports, { id: index + 1, group: [b1, b2], double: [a1, a2][index]?.handover ?? 0 }),
    );
    await Promise.all(next.map(({ server }) => server.event("ready")));
    // Some clients are moved to the new nodes, others stick to the old ones.
    const toNew = anyOf([b1, b2]);
    const toOld = anyOf([a1, a2]);
    balancer.route((client) => (client % 3 === 0 ? toOld() : toNew()));
    await balancer.traffic(3000);
    const late = await fresh;
    end.abort();
    const reports = [await load, late];
    const readiness = await Promise.all(next.map(isReady));
    const counters = await Promise.all([...old, ...next].map(({ server }) => server.stop()));

    for (const report of reports) {
      expect(report.answerErrors).toBe(0);
      expect(report.failedHandshakes).toBe(0);
      expect(report.handshakesUnderLoad).toBe(0);
      expect(report.transmissionErrors).toBe(0);
    }
    expect(readiness).toEqual([true, true]);
    const executed = counters.reduce((sum, { requests }) => sum + requests, 0);
    const answered = reports.reduce((sum, { responses }) => sum + responses, 0);
    const unfinished = reports.reduce((sum, report) => sum + report.unfinished, 0);
    expect(executed).toBeGreaterThanOrEqual(answered);
    expect(executed).toBeLessThanOrEqual(answered + unfinished);
    // The new ones did work, and the old ones relayed for those that stick to them.
    expect(counters[2]?.requests).toBeGreaterThan(100);
    expect(counters[0]?.forwarder["relayed"]).toBeGreaterThan(100);
    balancer.auditor.assertClean();
    expect(balancer.auditor.sealedRecords).toBeGreaterThan(2000);
    for (const { server } of old) {
      const phases = server.phases.slice(0, 5);
      expect(phases).toEqual(["pre-copy", "freeze", "activate", "late", "relay"]);
    }
  });

  it("loses nothing of a node whose turn comes later than that of its neighbour", async () => {
    const [a1, a2, b1, b2] = (await freePorts(4)) as [NodePorts, NodePorts, NodePorts, NodePorts];
    const old = [a1, a2].map((ports, index) =>
      site.start(ports, { id: index + 1, group: [a1, a2] }),
    );
    await Promise.all(old.map(({ server }) => server.event("ready")));
    const balancer = new Balancer([a1, a2]);
    balancer.addServers([b1, b2]);
    const end = new AbortController();
    const settings = { clients: 60, durationMs: 60_000, intervalMs: 30 };
    const load = runLoad(balancer, settings, end.signal);
    await balancer.traffic(400);
    const next = [b1, b2].map((ports, index) =>
      site.start(ports, { id: index + 1, group: [b1, b2], double: [a1, a2][index]?.handover ?? 0 }),
    );
    // It knows its own group and its own double, and sends what is node 2's to the process that will be it.
    await next[0]?.server.event("took-over");
    balancer.route(() => b1);
    await next[1]?.server.event("took-over");
    await balancer.traffic(400);
    end.abort();
    const report = await load;
    const [, second] = await Promise.all(next.map(({ server }) => server.stop()));
    await Promise.all(old.map(({ server }) => server.stop()));
    expect(report.transmissionErrors).toBe(0);
    // Whatever it counts as its own has reached its endpoint; what it had to pass on may have, too.
    const { own = 0, local = 0, processForwarded = 0 } = second?.forwarder ?? {};
    const datagrams = second?.dtls["datagrams"] as { readonly received: number } | undefined;
    expect(datagrams?.received).toBeGreaterThanOrEqual(own + local + processForwarded);
    expect(processForwarded).toBeGreaterThan(0);
    balancer.auditor.assertClean();
  });

  it("follows another one, although the first process still relays", async () => {
    const ports = (await freePorts(3)) as [NodePorts, NodePorts, NodePorts];
    const balancer = new Balancer(ports.slice(0, 1));
    balancer.addServers(ports);
    const nodes = [site.start(ports[0])];
    await nodes[0]?.server.event("ready");
    const end = new AbortController();
    const settings = { clients: 40, durationMs: 60_000, intervalMs: 50 };
    const load = runLoad(balancer, settings, end.signal);
    for (const [index, next] of ports.slice(1).entries()) {
      await balancer.traffic(400);
      const node = site.start(next, { double: ports[index]?.handover ?? 0 });
      nodes.push(node);
      await node.server.event("ready");
    }
    // All clients stick to the first one, two owners ago.
    await balancer.traffic(800);
    end.abort();
    const report = await load;
    const counters = await Promise.all(nodes.map(({ server }) => server.stop()));
    expect(report.transmissionErrors).toBe(0);
    expect(report.handshakesUnderLoad).toBe(0);
    const executed = counters.reduce((sum, { requests }) => sum + requests, 0);
    expect(executed).toBeGreaterThanOrEqual(report.responses);
    expect(executed).toBeLessThanOrEqual(report.responses + report.unfinished);
    expect(counters[2]?.requests).toBeGreaterThan(100);
    expect(counters[2]?.generation).toBeGreaterThan(counters[1]?.generation ?? 0);
    balancer.auditor.assertClean();
  });
});
