import { Random, testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import {
  freePorts,
  LoopbackEndpoint,
  openssl,
  opensslClient,
  opensslServer,
  UdpProxy,
  until,
} from "../../src/index.ts";
import { auditNonces } from "../audit-nonces.ts";
import { keeper } from "../keep.ts";

const identity = "device-1";
const psk = new TextEncoder().encode("sixteen byte key");
const cipher = "PSK-AES128-CCM8";
const settings = { retransmissionTimeoutMs: 150, maxRetransmissions: 12 } as const;
const WITHIN_MS = 40_000;

/** Decides which datagrams pass while the handshake lasts. */
interface Loss {
  readonly name: string;
  readonly passes: (toServer: boolean, index: number) => boolean;
}

/** Each of the first datagrams of both directions lost once, and seeded chance. */
function losses(): readonly Loss[] {
  const single = [0, 1, 2].flatMap((lost) =>
    [true, false].map((direction) => ({
      name: `datagram ${lost} to the ${direction ? "server" : "client"} lost`,
      passes: (toServer: boolean, index: number) => toServer !== direction || index !== lost,
    })),
  );
  const seeded = testSeeds(3).map((seed) => {
    const random = new Random(seed);
    return { name: `30 % lost (seed ${seed})`, passes: () => !random.chance(0.3) };
  });
  return [...single, ...seeded];
}

describe.skipIf(!openssl.isInstalled).concurrent("handshakes under loss", () => {
  test.for(losses())("s_client, $name", async ({ passes }, { onTestFinished }) => {
    const keep = keeper(onTestFinished);
    const server = keep(
      await LoopbackEndpoint.open({ role: "server", psks: { [identity]: psk }, ...settings }),
    );
    let isLossy = true;
    const proxy = keep(
      await UdpProxy.open({
        serverPort: server.port,
        passes: (_datagram, toServer, index) => !isLossy || passes(toServer, index),
      }),
    );
    const client = keep(opensslClient({ port: proxy.port, identity, psk, cipher }));
    await client.waitFor(/Cipher is PSK-/, WITHIN_MS);
    isLossy = false;
    await until(() => server.connected.length === 1);
    client.write("through\n");
    await until(() => server.received.includes("through\n"));
    expect(proxy.lost).toBeGreaterThan(0);
    expect(auditNonces(proxy.seen, { toServer: 0, toClient: 0 })).toBeGreaterThanOrEqual(3);
  });

  test.for(losses())("s_server, $name", async ({ passes }, { onTestFinished }) => {
    const keep = keeper(onTestFinished);
    const port = await freePorts(1);
    const extra = ["-timeout"];
    const server = keep(await opensslServer({ port, identity, psk, cipher, extra }));
    const client = keep(await LoopbackEndpoint.open({ role: "client", ...settings }));
    let isLossy = true;
    const proxy = keep(
      await UdpProxy.open({
        serverPort: port,
        passes: (_datagram, toServer, index) => !isLossy || passes(toServer, index),
      }),
    );
    const connection = client.connect(proxy.port, identity, psk);
    await until(() => connection.phase === "connected", WITHIN_MS);
    isLossy = false;
    client.send(connection, "through\n");
    await server.waitFor(/^through$/m);
    expect(proxy.lost).toBeGreaterThan(0);
    expect(auditNonces(proxy.seen, { toServer: 0, toClient: 0 })).toBeGreaterThanOrEqual(3);
  });
});
