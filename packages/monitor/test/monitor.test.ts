import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Metrics, Monitor, type MonitorOptions } from "../src/index.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(options: MonitorOptions = {}) {
  const monitor = new Monitor({ host: "127.0.0.1", port: 0, ...options });
  const port = await monitor.listen();
  closers.push(() => monitor.close());
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { monitor, port, ask };
}

describe("the monitor", () => {
  it("answers /ready as its readiness says, with the reasons on demand", async () => {
    let now = 0;
    const { monitor, ask } = await start({ now: () => now });
    expect(await ask("/ready")).toMatchObject({ status: 503, text: "DOWN\n" });
    const restore = monitor.readiness.add("restore");
    expect(await ask("/ready?verbose")).toMatchObject({
      status: 503,
      text: "DOWN\nrestore not ready\n",
    });
    restore.set(true);
    expect(await ask("/ready")).toMatchObject({ status: 200, text: "OK\n" });
    restore.set(false);
    now = 3999;
    expect(await ask("/ready?verbose")).toMatchObject({
      status: 200,
      text: "OK\nrestore not ready\n",
    });
    now = 4000;
    expect(await ask("/ready")).toMatchObject({ status: 503, text: "DOWN\n" });
  });

  it("answers /alive until some time after it was stopped", async () => {
    let now = 0;
    const { monitor, ask } = await start({ now: () => now });
    expect(await ask("/alive")).toMatchObject({ status: 200, text: "OK\n" });
    monitor.stop();
    now = 3999;
    expect(await ask("/alive")).toMatchObject({ status: 200 });
    now = 4000;
    expect(await ask("/alive")).toMatchObject({ status: 503, text: "STOPPED\n" });
  });

  it("shows the snapshots of other parts as metrics", async () => {
    const metrics = new Metrics();
    let drops: Record<string, number> = { replay: 3, "bad-mac": 1 };
    metrics.gauge({
      name: "dtls_connections",
      help: "Established connections.",
      collect: () => ({ connections: 4000 }),
    });
    metrics.counter({
      name: "dtls_drops_total",
      help: "Records dropped.",
      label: "reason",
      collect: () => drops,
    });
    const { ask } = await start({ metrics });
    const { text, headers } = await ask("/metrics");
    expect(headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect(text).toContain("\ndtls_connections 4000\n");
    expect(text).toContain('\ndtls_drops_total{reason="replay"} 3\n');
    expect(text).toContain("# TYPE dtls_drops_total counter");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    drops = { replay: 5 };
    const again = (await ask("/metrics")).text;
    expect(again).toContain('dtls_drops_total{reason="replay"} 5\n');
    expect(again).not.toContain("bad-mac");
  });

  it("answers HEAD without a body, other methods with 405 and other paths with 404", async () => {
    const { ask } = await start();
    expect(await ask("/alive", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    const refused = await ask("/alive", { method: "DELETE" });
    expect(refused).toMatchObject({ status: 405 });
    expect(refused.headers.get("allow")).toBe("GET, HEAD");
    for (const path of ["/", "/alive/", "/restore", "/ready%00", "//alive"]) {
      expect(await ask(path)).toMatchObject({ status: 404 });
    }
  });

  it("has room for further routes and does not tell what their handlers throw", async () => {
    const errors: string[] = [];
    const { ask } = await start({
      onError: ({ message }) => errors.push(message),
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          handle: ({ body, query }) => ({ status: 200, body: `${query.get("a")} ${body.length}` }),
        },
        {
          path: "/broken",
          methods: ["GET"],
          handle: () => {
            throw new Error("the secret is 42");
          },
        },
      ],
    });
    const post = { method: "POST", body: "x".repeat(4096) };
    expect(await ask("/echo?a=7", post)).toMatchObject({ status: 200, text: "7 4096" });
    expect(await ask("/echo", { ...post, body: "x".repeat(4097) })).toMatchObject({ status: 413 });
    expect(await ask("/broken")).toMatchObject({ status: 500, text: "ERROR\n" });
    expect(errors).toEqual(["the secret is 42"]);
  });

  it("bounds headers and survives garbage", async () => {
    const { port, ask } = await start();
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        socket.on("data", (data) => {
          answer += data.toString("latin1");
        });
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(answer));
      });
    expect(await raw(`GET /alive HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(9000)}\r\n\r\n`)).toContain(
      "431",
    );
    expect(await raw("\x16\x03\x01 this is no http\r\n\r\n")).toContain("400");
    const absolute = "GET http://[ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    expect(await raw(absolute)).toContain("404");
    expect(await ask("/alive")).toMatchObject({ status: 200 });
  });

  it("says in one line that its port is taken", async () => {
    const { port } = await start();
    const second = new Monitor({ host: "127.0.0.1", port });
    await expect(second.listen()).rejects.toMatchObject({
      name: "MonitorConfigError",
      code: "MONITOR_PORT",
      message: `cannot listen on tcp port ${port} of 127.0.0.1: it is in use; name another host or port`,
    });
  });
});
