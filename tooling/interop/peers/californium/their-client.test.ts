import { Random } from "@dtls-cluster/testkit";
import { expect, test } from "vitest";
import {
  CaliforniumClient,
  type ClusterServer,
  type CoapsClientOptions,
  pskSuites,
  startClusterServer,
  UdpProxy,
} from "../../src/index.ts";
import { auditNonces } from "../audit-nonces.ts";
import { keep } from "../keep.ts";
import { describeReleases, ephemeralPskSuites } from "./releases.ts";

const secret = ".fornium";
const identity = "cali.0001";
const started = async (...args: string[]): Promise<ClusterServer> =>
  keep(await startClusterServer("--psk", `cali.*:${secret}`, ...args));

describeReleases("their client against our server", (release) => {
  const connect = async (port: number, options: Partial<CoapsClientOptions> = {}) =>
    keep(await CaliforniumClient.start(release, { port, identity, secret, ...options }));

  test.each([...pskSuites, ...ephemeralPskSuites])("$name", async ({ name }) => {
    const { coapsPort } = await started();
    const client = await connect(coapsPort, { cipher: [name] });
    expect(await client.post(40, 16)).toMatchObject({ code: "2.04", bytes: 40, handshakes: 1 });
    expect(await client.session()).toMatchObject({ suite: name, extendedMasterSecret: true });
  });

  test.each([
    { what: "both directions", own: 4, server: [], readCid: /^[0-9A-F]{8}$/, writeCid: /^.{12}$/ },
    { what: "to the server", own: 0, server: [], readCid: /^$/, writeCid: /^.{12}$/ },
    {
      what: "to the client",
      own: 5,
      server: ["--cid-length", "0"],
      readCid: /^.{10}$/,
      writeCid: /^$/,
    },
    { what: "not offered", own: -1, server: [], readCid: /^none$/, writeCid: /^none$/ },
    {
      what: "declined",
      own: 4,
      server: ["--cid-length", "off"],
      readCid: /^none$/,
      writeCid: /^none$/,
    },
  ])("Connection ID: $what", async ({ own, server, readCid, writeCid }) => {
    const { coapsPort } = await started(...server);
    const client = await connect(coapsPort, { cidLength: own });
    expect(await client.post(20)).toMatchObject({ code: "2.04", bytes: 20 });
    const session = await client.session();
    expect(session.readCid).toMatch(readCid);
    expect(session.writeCid).toMatch(writeCid);
  });

  test("goes on from other ports without a handshake", async () => {
    const { coapsPort } = await started();
    const client = await connect(coapsPort);
    await client.post(20);
    for (let i = 0; i < 3; i += 1) {
      await client.changePort();
      expect(await client.post(30)).toMatchObject({ code: "2.04", bytes: 30, handshakes: 1 });
    }
  });

  test("goes on after its close_notify with a new handshake", async () => {
    const { coapsPort } = await started();
    const client = await connect(coapsPort);
    await client.post(20);
    await client.close();
    expect(await client.post(20)).toMatchObject({ code: "2.04", handshakes: 2 });
  });

  test("is told when the server ends", async () => {
    const server = await started();
    const client = await connect(server.coapsPort);
    await client.post(20);
    await server.stop();
    expect(await client.event("alert")).toMatchObject({ description: "CLOSE_NOTIFY" });
  });

  test("a wrong key connects nobody and disturbs nobody", async () => {
    const { coapsPort } = await started();
    const good = await connect(coapsPort);
    const bad = await connect(coapsPort, { secret: "wrong", retransmissionMs: 100 });
    await good.post(20);
    expect(await bad.post(20)).toMatchObject({ code: "none" });
    expect(await good.post(20)).toMatchObject({ code: "2.04", handshakes: 1 });
  });

  test("a handshake in fragments, with a small MTU on both sides", async () => {
    const { coapsPort } = await started("--mtu", "256");
    const proxy = keep(await UdpProxy.open({ serverPort: coapsPort }));
    // Californium takes 64 bytes off for IP and UDP: its ClientKeyExchange with this identity does not fit.
    const client = await connect(proxy.port, {
      identity: `cali.${"x".repeat(120)}`,
      mtu: 64 + 130,
      cipher: ["TLS_PSK_WITH_AES_128_CCM_8"],
    });
    expect(await client.post(20)).toMatchObject({ code: "2.04", bytes: 20, handshakes: 1 });
    const sizes = proxy.seen.map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(130);
  });

  test.each(losses())("$name", async ({ passes }) => {
    const { coapsPort } = await started();
    const proxy = keep(
      await UdpProxy.open({
        serverPort: coapsPort,
        passes: (_datagram, toServer, index) => passes(toServer, index),
      }),
    );
    const client = await connect(proxy.port, { retransmissionMs: 150, cidLength: 4 });
    expect(await client.post(40)).toMatchObject({ code: "2.04", bytes: 40 });
    expect(proxy.lost).toBeGreaterThan(0);
    expect(auditNonces(proxy.seen, { toServer: 6, toClient: 4 })).toBeGreaterThanOrEqual(4);
  });
});

interface Loss {
  readonly name: string;
  readonly passes: (toServer: boolean, index: number) => boolean;
}

/** Each datagram of the handshake lost once, and chance. */
function losses(): readonly Loss[] {
  const single = [0, 1, 2].flatMap((lost) =>
    [true, false].map((direction) => ({
      name: `datagram ${lost} to the ${direction ? "server" : "client"} lost`,
      passes: (toServer: boolean, index: number) => toServer !== direction || index !== lost,
    })),
  );
  const random = new Random(5);
  return [
    ...single,
    { name: "30 % lost", passes: (_, index) => index > 12 || !random.chance(0.3) },
  ];
}
