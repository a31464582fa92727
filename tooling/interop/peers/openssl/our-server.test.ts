import { describe, expect, test } from "vitest";
import {
  LoopbackEndpoint,
  openssl,
  opensslClient,
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
const psks = { [identity]: psk };
const cipher = "PSK-AES128-CCM8";

describe.skipIf(!openssl.isInstalled)("openssl s_client against our server", () => {
  test.each([...pskSuites, ecdhePsk])("$name", async ({ name, id, cipher }) => {
    const server = keep(
      await LoopbackEndpoint.open({ role: "server", psks, cipherSuites: [name] }),
    );
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(new RegExp(`Cipher is ${cipher}$`, "m"));
    await client.waitFor(/Extended master secret: yes/);
    await until(() => server.connected.length === 1);
    const [connection] = server.connected;
    expect(connection?.cipherSuite).toBe(id);

    client.write("from the client\n");
    await until(() => server.received.includes("from the client\n"));
    if (connection !== undefined) server.send(connection, "from the server\n");
    await client.waitFor(/^from the server$/m);
  });

  test("takes the first suite of the client that it has", async () => {
    const server = keep(
      await LoopbackEndpoint.open({
        role: "server",
        psks,
        cipherSuites: ["TLS_PSK_WITH_AES_256_CCM_8", "TLS_PSK_WITH_AES_128_CCM"],
      }),
    );
    const all = pskSuites.map((suite) => suite.cipher).join(":");
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher: all }));
    await client.waitFor(/Cipher is PSK-AES128-CCM$/m);
  });

  test("a client without Connection IDs is served by a server that has them", async () => {
    const server = keep(
      await LoopbackEndpoint.open({ role: "server", psks, connectionId: { length: 6 } }),
    );
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is/);
    await until(() => server.connected.length === 1);
    expect(server.connected[0]?.readConnectionId).toBeUndefined();
    client.write("plain record\n");
    await until(() => server.received.includes("plain record\n"));
  });

  test("without the extended master secret", async () => {
    const options = { role: "server", psks, extendedMasterSecret: "disabled" } as const;
    const server = keep(await LoopbackEndpoint.open(options));
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(/Extended master secret: no/);
    client.write("older master secret\n");
    await until(() => server.received.includes("older master secret\n"));
  });

  test("a small MTU on both sides", async () => {
    const longest = "i".repeat(128);
    const server = keep(
      await LoopbackEndpoint.open({ role: "server", psks: { [longest]: psk }, mtu: 256 }),
    );
    const proxy = keep(await UdpProxy.open({ serverPort: server.port }));
    const client = keep(
      opensslClient({ port: proxy.port, identity: longest, psk, cipher, extra: ["-mtu", "256"] }),
    );
    await client.waitFor(/Cipher is PSK-/);
    client.write("small records\n");
    await until(() => server.received.includes("small records\n"));
    for (const { bytes } of proxy.seen) expect(bytes.length).toBeLessThanOrEqual(256);
    for (const { maxPayload } of server.connected) expect(maxPayload).toBeLessThan(256);
  });

  test("pieces of a ClientHello are not answered, because they would need state", async () => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks }));
    const extra = ["-mtu", "256"];
    const client = keep(
      opensslClient({ port: server.port, identity, psk, cipher: "ALL:PSK", extra }),
    );
    await until(() => server.endpoint.stats().datagrams.received >= 2);
    const { received, dropped, sent } = server.endpoint.stats().datagrams;
    expect(dropped.unexpected).toBe(received);
    expect(sent).toBe(0);
    expect(server.endpoint.stats().handshakes).toBe(0);
    expect(client.output).not.toMatch(/Cipher is PSK/);
  });

  test("close_notify of the client", async () => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks }));
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is/);
    await until(() => server.connected.length === 1);
    client.write("Q\n");
    await until(() => server.closed.length === 1);
    expect(server.closed).toEqual([{ kind: "close-notify-received" }]);
    expect(server.endpoint.stats().connections).toBe(0);
    expect(await client.waitForEnd()).toBe(0);
  });

  test("close_notify of the server", async () => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks }));
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is/);
    await until(() => server.connected.length === 1);
    for (const connection of server.connected) server.close(connection);
    await client.waitFor(/^closed$/m);
    await client.waitForEnd();
  });

  test("a wrong PSK and an unknown identity fail and leave another connection alone", async () => {
    const server = keep(
      await LoopbackEndpoint.open({ role: "server", psks, limits: { handshakeLifetimeMs: 1500 } }),
    );
    const good = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await good.waitFor(/Cipher is/);
    await until(() => server.connected.length === 1);

    const wrong = keep(opensslClient({ port: server.port, identity, psk: wrongPsk, cipher }));
    const unknown = keep(opensslClient({ port: server.port, identity: "nobody", psk, cipher }));
    await until(() => server.closed.length === 2);
    expect(server.connected).toHaveLength(1);
    expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
    for (const refused of [wrong, unknown]) {
      expect(refused.output).not.toMatch(/Cipher is PSK/);
    }

    good.write("still here\n");
    await until(() => server.received.includes("still here\n"));
  });

  test("renegotiation is refused, which makes OpenSSL give up", async () => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks }));
    const client = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    const other = keep(opensslClient({ port: server.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is/);
    await other.waitFor(/Cipher is/);
    await until(() => server.connected.length === 2);
    client.write("R\n");
    await client.waitFor(/no renegotiation/);
    await until(() => server.closed.length === 1);
    expect(server.closed[0]).toMatchObject({ kind: "failed", error: { alert: 40 } });
    other.write("not disturbed\n");
    await until(() => server.received.includes("not disturbed\n"));
    expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakesStarted: 2 });
  });

  test("a connection lives on after a refused renegotiation", async () => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks }));
    let losesAlerts = false;
    const alert = 21;
    const proxy = keep(
      await UdpProxy.open({
        serverPort: server.port,
        // OpenSSL would end the connection by itself if it saw the no_renegotiation alert.
        passes: (datagram, toServer) => toServer || !losesAlerts || datagram[0] !== alert,
      }),
    );
    const client = keep(opensslClient({ port: proxy.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is/);
    await until(() => server.connected.length === 1);
    losesAlerts = true;
    client.write("R\n");
    await until(() => proxy.lost === 1);
    // OpenSSL takes no data while it waits for the new handshake, so only our side can be asked.
    expect(server.closed).toEqual([]);
    expect(server.connected.map(({ phase }) => phase)).toEqual(["connected"]);
    expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
  });
});
