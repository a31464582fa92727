import { describe, expect, test } from "vitest";
import {
  freePorts,
  LoopbackEndpoint,
  type OpensslOptions,
  openssl,
  opensslServer,
  pskSuites,
  UdpProxy,
  until,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

/** The one suite with ECDHE_PSK that OpenSSL and this engine have in common. */
const ecdhePsk = {
  name: "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
  id: 0xccac,
  cipher: "ECDHE-PSK-CHACHA20-POLY1305",
};

const identity = "device-1";
const psk = new TextEncoder().encode("sixteen byte key");
const wrongPsk = new TextEncoder().encode("another long key");

async function startServer(options: Partial<OpensslOptions> = {}) {
  const port = await freePorts(1);
  const cipher = options.cipher ?? "PSK-AES128-CCM8";
  const server = keep(await opensslServer({ port, identity, psk, ...options, cipher }));
  return { port, server };
}

describe.skipIf(!openssl.isInstalled)("our client against openssl s_server", () => {
  test.each([...pskSuites, ecdhePsk])("$name", async ({ name, id, cipher }) => {
    const { port, server } = await startServer({ cipher });
    const client = keep(await LoopbackEndpoint.open({ role: "client", cipherSuites: [name] }));
    const connection = client.connect(port, identity, psk);
    await until(() => connection.phase === "connected");
    expect(connection.cipherSuite).toBe(id);
    await server.waitFor(new RegExp(`CIPHER is ${cipher}$`, "m"));

    client.send(connection, "from the client\n");
    await server.waitFor(/^from the client$/m);
    server.write("from the server\n");
    await until(() => client.received.includes("from the server\n"));
  });

  test("all suites at once: the server chooses", async () => {
    const { port } = await startServer({ cipher: "PSK-AES256-CCM" });
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    const connection = client.connect(port, identity, psk);
    await until(() => connection.phase === "connected");
    expect(connection.cipherSuite).toBe(0xc0a5);
  });

  test("the offer of a Connection ID is declined, the offered empty one as well", async () => {
    for (const length of [0, 8]) {
      const { port, server } = await startServer();
      const client = keep(
        await LoopbackEndpoint.open({ role: "client", connectionId: { length } }),
      );
      const connection = client.connect(port, identity, psk);
      await until(() => connection.phase === "connected");
      expect(connection.writeConnectionId).toBeUndefined();
      expect(connection.readConnectionId).toBeUndefined();
      client.send(connection, "plain record\n");
      await server.waitFor(/^plain record$/m);
    }
  });

  test("the cookie of -listen", async () => {
    const { port, server } = await startServer({ extra: ["-listen"] });
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    const proxy = keep(await UdpProxy.open({ serverPort: port }));
    const connection = client.connect(proxy.port, identity, psk);
    await until(() => connection.phase === "connected");
    const [, answer] = proxy.seen;
    expect(answer?.toServer).toBe(false);
    const helloVerifyRequest = 3;
    expect(answer?.bytes[13]).toBe(helloVerifyRequest);
    client.send(connection, "after the cookie\n");
    await server.waitFor(/^after the cookie$/m);
  });

  test("a ServerKeyExchange in fragments of a small MTU", async () => {
    const extra = ["-mtu", "256", "-psk_hint", "h".repeat(250)];
    const { port, server } = await startServer({ extra });
    const client = keep(await LoopbackEndpoint.open({ role: "client", mtu: 256 }));
    const proxy = keep(await UdpProxy.open({ serverPort: port }));
    const connection = client.connect(proxy.port, identity, psk);
    await until(() => connection.phase === "connected");
    for (const { bytes } of proxy.seen) expect(bytes.length).toBeLessThanOrEqual(256);
    client.send(connection, "small records\n");
    await server.waitFor(/^small records$/m);
  });

  test("close_notify of the client", async () => {
    const { port, server } = await startServer();
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    const connection = client.connect(port, identity, psk);
    await until(() => connection.phase === "connected");
    await server.waitFor(/CIPHER is/);
    client.close(connection);
    await server.waitFor(/^DONE$/m);
    expect(client.closed).toEqual([{ kind: "closed-locally" }]);
  });

  test("renegotiation asked by the server is refused, which makes OpenSSL give up", async () => {
    const { port, server } = await startServer();
    const other = await startServer();
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    const connection = client.connect(port, identity, psk);
    const bystander = client.connect(other.port, identity, psk);
    await until(() => client.connected.length === 2);
    await server.waitFor(/CIPHER is/);
    server.write("r\n");
    await server.waitFor(/no renegotiation/);
    await until(() => connection.phase === "closed");
    expect(client.closed).toMatchObject([{ kind: "failed", error: { alert: 40 } }]);
    client.send(bystander, "not disturbed\n");
    await other.server.waitFor(/^not disturbed$/m);
  });

  test("a connection lives on after a refused renegotiation", async () => {
    const { port, server } = await startServer();
    const client = keep(await LoopbackEndpoint.open({ role: "client" }));
    let losesAlerts = false;
    const alert = 21;
    const proxy = keep(
      await UdpProxy.open({
        serverPort: port,
        // OpenSSL would end the connection by itself if it saw the no_renegotiation alert.
        passes: (datagram, toServer) => !toServer || !losesAlerts || datagram[0] !== alert,
      }),
    );
    const connection = client.connect(proxy.port, identity, psk);
    await until(() => connection.phase === "connected");
    await server.waitFor(/CIPHER is/);
    losesAlerts = true;
    server.write("r\n");
    await until(() => proxy.lost === 1);
    expect(client.closed).toEqual([]);
    client.send(connection, "as if nothing was\n");
    await server.waitFor(/^as if nothing was$/m);
  });

  test("a wrong PSK fails in time and another connection lives", async () => {
    const good = await startServer();
    const bad = await startServer();
    const client = keep(
      await LoopbackEndpoint.open({
        role: "client",
        retransmissionTimeoutMs: 100,
        maxRetransmissions: 3,
      }),
    );
    const connection = client.connect(good.port, identity, psk);
    const refused = client.connect(bad.port, identity, wrongPsk);
    await until(() => refused.phase === "closed");
    await until(() => connection.phase === "connected");
    expect(client.closed).toEqual([{ kind: "handshake-timeout" }]);
    expect(client.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
    client.send(connection, "still here\n");
    await good.server.waitFor(/^still here$/m);
  });
});
