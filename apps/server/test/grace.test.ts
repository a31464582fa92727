import { afterAll, afterEach, expect, it } from "vitest";
import { Balancer, runLoad } from "./support/balanced-load.ts";
import { killAll } from "./support/server-process.ts";
import { freePorts, type NodePorts, TestSite } from "./support/test-nodes.ts";

const site = new TestSite();
afterEach(killAll);
afterAll(() => site.remove());

it("relays on after SIGTERM for clients that are stuck to it, and ends when they have moved", async () => {
  const [a, b] = (await freePorts(2)) as [NodePorts, NodePorts];
  const old = site.start(a, { more: ["--grace", "60"] });
  await old.server.event("ready");
  const balancer = new Balancer([a]);
  balancer.addServers([b]);
  const end = new AbortController();
  const load = runLoad(balancer, { clients: 20, durationMs: 60_000, intervalMs: 50 }, end.signal);
  await balancer.traffic(200);
  const next = site.start(b, { double: a.handover });
  await old.server.phase("relay");
  old.server.signal("SIGTERM");
  await old.server.event("stopping");
  // All of it through the process that is to end.
  await balancer.traffic(1000);
  expect(old.server.hasEnded).toBe(false);
  end.abort();
  const report = await load;
  expect((await old.server.ended).code).toBe(0);
  await next.server.stop();
  expect(report.transmissionErrors).toBe(0);
  expect(report.handshakesUnderLoad).toBe(0);
  balancer.auditor.assertClean();
});
