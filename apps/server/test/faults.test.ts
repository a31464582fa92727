import { once } from "node:events";
import { createServer } from "node:net";
import { createTestCertificate } from "@dtls-cluster/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { anyOf, Balancer, runLoad } from "./support/balanced-load.ts";
import { HttpsProxy, type ProxyPlan } from "./support/https-proxy.ts";
import { killAll } from "./support/server-process.ts";
import {
  freePorts,
  isReady,
  metric,
  type NodePorts,
  type TestNode,
  TestSite,
} from "./support/test-nodes.ts";

/** The double is found and kept over the protected channel, too. */
const sites = { udp: new TestSite(), "dtls-mac": new TestSite("dtls-mac") } as const;
type Level = keyof typeof sites;
const levels = ["udp", "dtls-mac"] as const;
const site = sites["dtls-mac"];
afterAll(async () => {
  await killAll();
  for (const one of Object.values(sites)) one.remove();
});

/** One node under load, and what may take over from it. */
class Scene {
  readonly balancer: Balancer;
  readonly old: TestNode;
  readonly #load: ReturnType<typeof runLoad>;
  readonly #end = new AbortController();
  readonly #ports: readonly NodePorts[];
  readonly #nodes: TestNode[] = [];
  readonly #site: TestSite;

  static async open(level: Level = "dtls-mac", more: readonly string[] = []): Promise<Scene> {
    const ports = await freePorts(3);
    const old = sites[level].start(ports[0] as NodePorts, { more });
    await old.server.event("ready");
    return new Scene(old, ports, sites[level]);
  }

  private constructor(old: TestNode, ports: readonly NodePorts[], one: TestSite) {
    this.#site = one;
    this.old = old;
    this.#ports = ports;
    this.#nodes.push(old);
    this.balancer = new Balancer([old.ports]);
    this.balancer.addServers(ports);
    const settings = { clients: 30, durationMs: 60_000, intervalMs: 50, ackTimeoutMs: 1000 };
    this.#load = runLoad(this.balancer, settings, this.#end.signal);
  }

  /** Starts a process that wants to take over, if need be through a proxy. */
  take(double: number, certificates?: string, more: readonly string[] = []): TestNode {
    const ports = this.#ports[this.#nodes.length] as NodePorts;
    const node = this.#site.start(ports, {
      double,
      more,
      ...(certificates === undefined ? {} : { certificates }),
    });
    this.#nodes.push(node);
    return node;
  }

  /** Lets the clients send to these nodes alone. */
  route(...nodes: readonly TestNode[]): void {
    this.balancer.route(anyOf(nodes.map(({ ports }) => ports)));
  }

  /** Ends the load; checks that no request was lost, none ran twice and no nonce was used twice. */
  async close(survivors: readonly TestNode[]): Promise<void> {
    this.#end.abort();
    const report = await this.#load;
    const counters = await Promise.all(survivors.map(({ server }) => server.stop()));
    this.balancer.auditor.assertClean();
    expect(report.transmissionErrors).toBe(0);
    expect(report.answerErrors).toBe(0);
    expect(report.failedHandshakes).toBe(0);
    expect(report.handshakesUnderLoad).toBe(0);
    expect(report.responses).toBeGreaterThan(100);
    if (survivors.length < this.#nodes.length) return;
    const executed = counters.reduce((sum, { requests }) => sum + requests, 0);
    // What was under way when the load was ended may or may not have been executed.
    expect(executed).toBeGreaterThanOrEqual(report.responses);
    expect(executed).toBeLessThanOrEqual(report.responses + report.unfinished);
  }

  /** Ends the load of clients that lost their connections with a node. */
  async closeAfterLoss(survivor: TestNode): Promise<void> {
    this.#end.abort();
    await this.#load;
    await survivor.server.stop();
    this.balancer.auditor.assertClean();
  }
}

/** Exactly one of the processes executes what the clients send now. */
async function expectServing(scene: Scene, server: TestNode, others: readonly TestNode[]) {
  const count = (node: TestNode): Promise<number> => metric(node, "dtls_cluster_requests_total");
  const before = await Promise.all([server, ...others].map(count));
  await scene.balancer.traffic(120);
  const after = await Promise.all([server, ...others].map(count));
  const grown = after.map((value, index) => value > (before[index] as number));
  expect(grown).toEqual([true, ...others.map(() => false)]);
  expect(await metric(server, "dtls_cluster_ready")).toBe(1);
  for (const other of others) expect(await metric(other, "dtls_cluster_ready")).toBe(0);
}

async function proxyTo(
  node: TestNode,
  plan: (connection: number) => ProxyPlan | undefined,
): Promise<{ readonly proxy: HttpsProxy; readonly port: number }> {
  const proxy = new HttpsProxy(node.ports.handover, plan);
  return { proxy, port: await proxy.listen() };
}

/** The first connection carries the stream; whatever is asked over another one gets no answer. */
function onlyTheStream(connection: number): ProxyPlan | undefined {
  return connection === 1 ? undefined : { after: 0, fault: "hold" };
}

/** Handshake and header pass, the state does not. */
const IN_STATE = 6000;

describe.concurrent("the stream", () => {
  it.each([
    ["is cut", "cut"],
    ["is corrupted", "flip"],
  ] as const)("%s: the old node serves on, and the next attempt succeeds", async (_name, fault) => {
    const scene = await Scene.open();
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, (connection) =>
      connection === 1 ? { after: IN_STATE, fault } : undefined,
    );
    const taker = scene.take(port);
    await taker.server.phase("standby");
    await taker.server.event("ready");
    await expectServing(scene, taker, [scene.old]);
    proxy.close();
    await scene.close([scene.old, taker]);
  });

  it("stalls: the old node gives up and serves on", async () => {
    const scene = await Scene.open();
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, (connection) =>
      connection === 1 ? { after: IN_STATE, fault: "hold" } : undefined,
    );
    const taker = scene.take(port);
    await taker.server.phase("standby");
    await expectServing(scene, scene.old, [taker]);
    proxy.close();
    await scene.close([scene.old, taker]);
  });
});

describe.concurrent.each(levels)("a new node that dies, cluster channel at level %s", (level) => {
  it("before its question has arrived: the old node does not notice", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    let isAsking = (): void => {};
    const asking = new Promise<void>((resolve) => {
      isAsking = resolve;
    });
    const { proxy, port } = await proxyTo(scene.old, () => {
      isAsking();
      return { after: 0, fault: "hold" };
    });
    const taker = scene.take(port);
    await asking;
    await taker.server.kill();
    await expectServing(scene, scene.old, []);
    expect(scene.old.server.phases).toEqual([]);
    proxy.close();
    await scene.close([scene.old]);
  });

  it("while the last handshakes end at the old node: the old node takes everything back", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const taker = scene.take(scene.old.ports.handover);
    await scene.old.server.phase("late");
    await taker.server.kill();
    await scene.old.server.event("warn-reclaimed");
    await expectServing(scene, scene.old, []);
    await scene.close([scene.old]);
  });

  it("while it copies: the old node serves on", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, () => ({ after: IN_STATE, fault: "hold" }));
    const taker = scene.take(port);
    await scene.old.server.phase("pre-copy");
    await taker.server.kill();
    await expectServing(scene, scene.old, []);
    proxy.close();
    await scene.close([scene.old]);
  });

  it("with a whole copy that it could not activate: the old node serves on in a new generation", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, onlyTheStream);
    const taker = scene.take(port);
    await taker.server.phase("activate");
    await taker.server.kill();
    await scene.old.server.line(
      (line) => line["phase"] === "serving" && line["event"] === "handover-phase",
      "serving",
    );
    await expectServing(scene, scene.old, []);
    proxy.close();
    await scene.close([scene.old]);
  });

  it("after it took over: the old node takes back what it had given", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const taker = scene.take(scene.old.ports.handover);
    await scene.old.server.phase("relay");
    await taker.server.kill();
    await scene.old.server.event("warn-reclaimed");
    await expectServing(scene, scene.old, []);
    await scene.close([scene.old]);
  });
});

describe.concurrent.each(levels)("an old node that dies, cluster channel at level %s", (level) => {
  it("while it is copied: the new one serves without its connections", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, () => ({ after: IN_STATE, fault: "hold" }));
    const taker = scene.take(port);
    await scene.old.server.phase("pre-copy");
    await scene.old.server.kill();
    await taker.server.event("ready");
    expect(await isReady(taker)).toBe(true);
    scene.route(taker);
    proxy.close();
    await scene.closeAfterLoss(taker);
  });

  it("before it acknowledged: the new one serves with the copy and says what that means", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, onlyTheStream);
    const taker = scene.take(port);
    await taker.server.phase("activate");
    scene.old.server.signal("SIGKILL");
    await taker.server.event("warn-unacknowledged");
    await taker.server.event("ready");
    scene.route(taker);
    await expectServing(scene, taker, []);
    proxy.close();
    await scene.close([taker]);
  });

  it("while the last handshakes end at it: the new one goes on", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const taker = scene.take(scene.old.ports.handover);
    await scene.old.server.phase("late");
    await scene.old.server.kill();
    await taker.server.event("ready");
    scene.route(taker);
    await expectServing(scene, taker, []);
    await scene.close([taker]);
  });

  it("when it relays: the new one goes on", async () => {
    const scene = await Scene.open(level);
    await scene.balancer.traffic(200);
    const taker = scene.take(scene.old.ports.handover);
    await taker.server.event("ready");
    await scene.old.server.phase("relay");
    scene.route(taker);
    await scene.old.server.kill();
    await expectServing(scene, taker, []);
    await scene.close([taker]);
  });
});

describe.concurrent("an old node that vanishes with its address", () => {
  it("does not keep the new one from handing over for longer than a lease", async () => {
    const lease = ["--copy-lease", "5"];
    const scene = await Scene.open("dtls-mac", lease);
    await scene.balancer.traffic(200);
    const second = scene.take(scene.old.ports.handover, undefined, lease);
    await scene.old.server.phase("relay");
    scene.route(second);
    await scene.old.server.kill();
    // Its port neither refuses nor answers from now on.
    const silence = createServer(() => {});
    await once(silence.listen(scene.old.ports.handover, "127.0.0.1"), "listening");
    const third = scene.take(second.ports.handover, undefined, lease);
    await third.server.phase("standby");
    await second.server.event("warn-lost");
    await third.server.event("ready");
    expect(await metric(second, 'dtls_cluster_handover_warnings_total{event="warn-lost"}')).toBe(1);
    await expectServing(scene, third, [second]);
    silence.close();
    await scene.close([second, third]);
  });
});

describe.concurrent("certificates", () => {
  const other = createTestCertificate({ name: "another authority" });

  it.each([
    ["of another authority", () => site.writeCertificates({ clientIssuer: other })],
  ] as const)("%s: refused, and the old node serves on", async (_name, write) => {
    const scene = await Scene.open();
    await scene.balancer.traffic(200);
    const taker = scene.take(scene.old.ports.handover, write());
    const line = await taker.server.event("handover-problem");
    expect(String(line["msg"])).toMatch(/does not accept this side's certificate|broke/);
    await expectServing(scene, scene.old, [taker]);
    expect(scene.old.server.phases).toEqual([]);
    await scene.close([scene.old, taker]);
  });

  it("that have expired: the new node does not start", async () => {
    const [ports] = (await freePorts(1)) as [NodePorts];
    const certificates = site.writeCertificates({ clientNotAfter: new Date(Date.now() - 60_000) });
    const { server } = site.start(ports, { double: ports.handover, certificates });
    expect((await server.ended).code).toBe(2);
    expect(server.stderr).toMatch(/^dtls-cluster-server: --certs: .* has expired .*\n$/);
  });
});

describe.concurrent("two new nodes at once", () => {
  it("one of them takes over, the other one stands by", async () => {
    const scene = await Scene.open();
    await scene.balancer.traffic(200);
    const first = scene.take(scene.old.ports.handover);
    const second = scene.take(scene.old.ports.handover);
    const winner = await Promise.race([
      first.server.event("ready").then(() => first),
      second.server.event("ready").then(() => second),
    ]);
    const loser = winner === first ? second : first;
    await loser.server.phase("standby");
    await expectServing(scene, winner, [scene.old, loser]);
    await scene.close([scene.old, first, second]);
  });
});

describe.concurrent("a new node that never activates", () => {
  it("the old node serves on in a new generation", async () => {
    const scene = await Scene.open();
    await scene.balancer.traffic(200);
    const { proxy, port } = await proxyTo(scene.old, onlyTheStream);
    const taker = scene.take(port);
    await scene.old.server.line(
      (line) => line["phase"] === "serving" && line["event"] === "handover-phase",
      "serving again",
    );
    await expectServing(scene, scene.old, [taker]);
    proxy.close();
    await scene.close([scene.old, taker]);
  });
});
