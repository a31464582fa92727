import { request } from "node:https";
import { afterAll, describe, expect, it } from "vitest";
import { anyOf, Balancer, runLoad } from "./support/balanced-load.ts";
import { HttpsProxy } from "./support/https-proxy.ts";
import { killAll } from "./support/server-process.ts";
import { freePorts, isReady, type NodePorts, TestSite } from "./support/test-nodes.ts";

const site = new TestSite("dtls-mac");
afterAll(async () => {
  await killAll();
  site.remove();
});

async function threePorts(): Promise<readonly [NodePorts, NodePorts, NodePorts]> {
  return (await freePorts(3)) as [NodePorts, NodePorts, NodePorts];
}

describe.concurrent("a double that accepts connections and says nothing", () => {
  it("is asked again, and the new node serves only when it has taken over", async () => {
    const [first, second] = await threePorts();
    const old = site.start(first);
    await old.server.event("ready");
    const proxy = new HttpsProxy(first.handover, (connection) =>
      connection === 1 ? { after: 0, fault: "hold" } : undefined,
    );
    const taker = site.start(second, { double: await proxy.listen() });
    await taker.server.phase("standby");
    expect(await isReady(taker)).toBe(false);
    expect(await isReady(old)).toBe(true);
    await taker.server.event("took-over");
    await taker.server.event("ready");
    proxy.close();
    await Promise.all([old.server.stop(), taker.server.stop()]);
  });
});

describe.concurrent("an old node that is dead before it is asked", () => {
  it("has nothing to give: the new one serves without connections", async () => {
    const [first, second] = await threePorts();
    const old = site.start(first);
    await old.server.event("ready");
    const taker = site.start(second, { double: first.handover });
    await old.server.kill();
    await taker.server.event("ready");
    expect(taker.server.phases).not.toContain("pre-copy");
    await taker.server.stop();
  });
});

describe.concurrent("both nodes die in the freeze", () => {
  it("and their successor begins without connections: no nonce is used twice", async () => {
    const [first, second, third] = await threePorts();
    const old = site.start(first);
    await old.server.event("ready");
    const balancer = new Balancer([first]);
    balancer.addServers([first, second, third]);
    const end = new AbortController();
    const settings = { clients: 30, durationMs: 60_000, intervalMs: 50, ackTimeoutMs: 1000 };
    const load = runLoad(balancer, settings, end.signal);
    await balancer.traffic(200);
    // The first connection carries the stream; the question for the activation gets no answer.
    const proxy = new HttpsProxy(first.handover, (connection) =>
      connection === 1 ? undefined : { after: 0, fault: "hold" },
    );
    const taker = site.start(second, { double: await proxy.listen() });
    await taker.server.phase("activate");
    await Promise.all([old.server.kill(), taker.server.kill()]);
    const successor = site.start(third, { double: first.handover });
    await successor.server.event("ready");
    balancer.route(anyOf([third]));
    expect(await isReady(successor)).toBe(true);
    end.abort();
    await load;
    proxy.close();
    await successor.server.stop();
    balancer.auditor.assertClean();
  });
});

describe.concurrent("a question without a client certificate", () => {
  it.each([
    ["GET", "/restore"],
    ["POST", "/restore/activate"],
  ])("%s %s is refused before it is read, and the node does not notice", async (method, path) => {
    const [ports] = await threePorts();
    const node = site.start(ports);
    await node.server.event("ready");
    const query = "taker=0000000a&address=127.0.0.1:1:1&attempt=1&round=0";
    const outcome = await new Promise<string>((resolve) => {
      const asked = request({
        method,
        path: `${path}?${query}`,
        host: "127.0.0.1",
        port: ports.handover,
        rejectUnauthorized: false,
        agent: false,
      });
      asked.on("response", (answer) => resolve(`status ${answer.statusCode}`));
      asked.on("error", () => resolve("refused"));
      asked.end();
    });
    expect(outcome).toBe("refused");
    expect(node.server.phases).toEqual([]);
    expect(await isReady(node)).toBe(true);
    await node.server.stop();
  });
});
