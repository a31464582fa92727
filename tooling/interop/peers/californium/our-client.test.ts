import { expect, test } from "vitest";
import {
  type CaliforniumRelease,
  LoopbackEndpoint,
  pskSuites,
  TestNode,
  type TestNodeOptions,
  UdpProxy,
  until,
} from "../../src/index.ts";
import { auditNonces } from "../audit-nonces.ts";
import { keep } from "../keep.ts";
import { runBenchmark } from "../run-benchmark.ts";
import { describeReleases, ephemeralPskSuites } from "./releases.ts";

const secret = ".fornium";
const psk = new TextEncoder().encode(secret);
const identity = "cali.0001";
/** An empty confirmable message, which a CoAP server answers with a reset (RFC 7252 section 4.3). */
const ping = "\x40\x00\x12\x34";
const reset = "\x70\x00\x12\x34";

const node = async (release: CaliforniumRelease, options: Partial<TestNodeOptions> = {}) =>
  keep(await TestNode.start(release, { secret, ...options }));

describeReleases("our client against their server", (release) => {
  test.each([...pskSuites, ...ephemeralPskSuites])("$name", async ({ name, id }) => {
    const { port } = await node(release, { cipher: [name] });
    const client = keep(await LoopbackEndpoint.open({ role: "client", cipherSuites: [name] }));
    const connection = client.connect(port, identity, psk);
    await until(() => connection.phase === "connected");
    expect(connection.cipherSuite).toBe(id);
    client.send(connection, ping);
    await until(() => client.received.includes(reset));
  });

  test.each([
    { what: "both directions", own: { length: 5 }, theirs: 6, read: 5, write: 6 },
    { what: "to the server", own: { length: 0 }, theirs: 6, read: undefined, write: 6 },
    { what: "to the client", own: { length: 4 }, theirs: 0, read: 4, write: undefined },
    { what: "declined", own: { length: 4 }, theirs: -1, read: undefined, write: undefined },
  ])("Connection ID: $what", async ({ own, theirs, read, write }) => {
    const { port } = await node(release, { cidLength: theirs });
    const client = keep(await LoopbackEndpoint.open({ role: "client", connectionId: own }));
    const connection = client.connect(port, identity, psk);
    await until(() => connection.phase === "connected");
    expect(connection.readConnectionId?.length).toBe(read);
    expect(connection.writeConnectionId?.length).toBe(write);
    client.send(connection, ping);
    await until(() => client.received.includes(reset));
  });

  test("requests, with changes of the address", async () => {
    const { port } = await node(release);
    const uri = `coaps://127.0.0.1:${port}/benchmark?rlen=40`;
    const load = ["--clients", "20", "--requests", "2000", "--rebind", "10"];
    const report = await runBenchmark("--psk", `cali.*:${secret}`, ...load, uri);
    expect(report).toMatchObject({
      responses: 2000,
      handshakes: 20,
      failedHandshakes: 0,
      transmissionErrors: 0,
    });
  });

  test("close_notify of ours", async () => {
    const server = await node(release);
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    const connection = client.connect(server.port, identity, psk);
    await until(() => connection.phase === "connected");
    client.send(connection, ping);
    await until(() => client.received.length === 1);
    client.close(connection);
    await until(() => client.closed.length === 1);
    const again = client.connect(server.port, identity, psk);
    await until(() => again.phase === "connected");
    client.send(again, ping);
    await until(() => client.received.length === 2);
    expect(await server.counters()).toMatchObject({ "handshakes succeeded": 2 });
  });

  test("no suite in common: their alert ends the handshake", async () => {
    const { port } = await node(release, { cipher: ["TLS_PSK_WITH_AES_256_CCM_8"] });
    const cipherSuites = ["TLS_PSK_WITH_AES_128_CCM"];
    const client = keep(await LoopbackEndpoint.open({ role: "client", cipherSuites }));
    client.connect(port, identity, psk);
    await until(() => client.closed.length === 1);
    expect(client.closed[0]).toMatchObject({
      kind: "failed",
      error: { code: "DTLS_ALERT_RECEIVED", alert: 40 },
    });
  });

  test.each([0, 1, 2].flatMap((lost) => [true, false].map((toServer) => ({ lost, toServer }))))(
    "datagram $lost lost (to the server: $toServer)",
    async ({ lost, toServer: direction }) => {
      const { port } = await node(release, { retransmissionMs: 150 });
      const proxy = keep(
        await UdpProxy.open({
          serverPort: port,
          passes: (_datagram, toServer, index) => toServer !== direction || index !== lost,
        }),
      );
      const client = keep(
        await LoopbackEndpoint.open({
          role: "client",
          connectionId: { length: 3 },
          retransmissionTimeoutMs: 150,
        }),
      );
      const connection = client.connect(proxy.port, identity, psk);
      await until(() => connection.phase === "connected");
      await until(() => {
        client.send(connection, ping);
        return client.received.includes(reset);
      });
      expect(proxy.lost).toBe(1);
      expect(auditNonces(proxy.seen, { toServer: 6, toClient: 3 })).toBeGreaterThanOrEqual(3);
    },
  );
});
