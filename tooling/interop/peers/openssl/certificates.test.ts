import type { ForgedCertificateOptions } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import {
  CertificateFiles,
  certificateSuites,
  freePorts,
  LoopbackEndpoint,
  type LoopbackOptions,
  type OpensslOptions,
  openssl,
  opensslClient,
  opensslServer,
  UdpProxy,
  until,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const cipher = "ECDHE-ECDSA-AES128-GCM-SHA256";

function files(
  server: Partial<ForgedCertificateOptions> = {},
  client: Partial<ForgedCertificateOptions> = server,
): CertificateFiles {
  return keep(new CertificateFiles(server, client));
}

interface Setting extends Partial<LoopbackOptions> {
  readonly own?: Partial<ForgedCertificateOptions>;
  /** Of the client, where it differs. */
  readonly clients?: Partial<ForgedCertificateOptions>;
  readonly openssl?: Partial<OpensslOptions>;
}

/** Our server, and s_client with the client's certificate. */
async function withClient({ own, clients, openssl: other = {}, ...options }: Setting = {}) {
  const { server, client, trust } = files(own, clients);
  const endpoint = keep(
    await LoopbackEndpoint.open({
      role: "server",
      credentials: [server.credential],
      key: server.certificate.key,
      ...options,
    }),
  );
  const proxy = keep(await UdpProxy.open({ serverPort: endpoint.port }));
  const extra = [
    ...["-cert", client.certificateFile, "-key", client.keyFile],
    ...["-CAfile", trust, "-verify_return_error", "-verify_hostname", "server.example"],
    ...(other.extra ?? []),
  ];
  const peer = keep(opensslClient({ port: proxy.port, cipher, ...other, extra }));
  return { endpoint, peer, proxy, client };
}

/** Our client with the client's certificate, and s_server. */
async function withServer({ own, clients, openssl: other = {}, ...options }: Setting = {}) {
  const { server, client, trust } = files(own, clients);
  const port = await freePorts(1);
  const extra = [
    ...["-cert", server.certificateFile, "-key", server.keyFile],
    ...["-CAfile", trust, ...(other.extra ?? [])],
  ];
  const peer = keep(await opensslServer({ port, cipher, ...other, extra }));
  const endpoint = keep(
    await LoopbackEndpoint.open({ role: "client", key: client.certificate.key, ...options }),
  );
  const proxy = keep(await UdpProxy.open({ serverPort: port }));
  const connection = endpoint.connectWith(proxy.port, {
    credentials: [client.credential],
    serverName: "server.example",
  });
  return { endpoint, peer, proxy, connection, server };
}

async function talkWithClient({ endpoint, peer }: Awaited<ReturnType<typeof withClient>>) {
  await peer.waitFor(/Verify return code: 0/);
  await until(() => endpoint.connected.length === 1);
  peer.write("from the client\n");
  await until(() => endpoint.received.includes("from the client\n"));
  const [connection] = endpoint.connected;
  if (connection !== undefined) endpoint.send(connection, "from the server\n");
  await peer.waitFor(/^from the server$/m);
  return connection;
}

async function talkWithServer(made: Awaited<ReturnType<typeof withServer>>) {
  const { endpoint, peer, connection } = made;
  await until(() => connection.phase !== "handshaking");
  expect(endpoint.closed).toEqual([]);
  endpoint.send(connection, "from the client\n");
  await peer.waitFor(/^from the client$/m);
  peer.write("from the server\n");
  await until(() => endpoint.received.includes("from the server\n"));
}

const keyTypes = ["P-256", "P-384", "ed25519"] as const;

describe.skipIf(!openssl.isInstalled)("openssl s_client against our server", () => {
  test.each(certificateSuites)("$name, mutual authentication", async ({ name, id, cipher }) => {
    const made = await withClient({
      cipherSuites: [name],
      clientAuthentication: "required",
      openssl: { cipher },
    });
    const connection = await talkWithClient(made);
    expect(connection?.cipherSuite).toBe(id);
    expect(connection?.peerCertificate?.chain[0]).toEqual(made.client.certificate.der);
  });

  test.each(keyTypes)("keys of %s on both sides", async (keyType) => {
    const own = { keyType };
    await talkWithClient(await withClient({ own, clientAuthentication: "required" }));
  });

  test("an RSA key of the client, with and without PSS", async () => {
    for (const sigalgs of ["RSA+SHA256:ECDSA+SHA256", "rsa_pss_rsae_sha256:ECDSA+SHA256"]) {
      const rsa = files({ keyType: "rsa" }).client;
      const extra = ["-sigalgs", sigalgs, "-cert", rsa.certificateFile, "-key", rsa.keyFile];
      const made = await withClient({
        clientAuthentication: "required",
        openssl: { extra },
      });
      const connection = await talkWithClient(made);
      expect(connection?.peerCertificate?.chain[0]).toEqual(rsa.certificate.der);
    }
  });

  test.each(["X25519", "P-256", "P-384"])("group %s", async (group) => {
    const extra = ["-curves", group === "P-256" ? group : `${group}:P-256`];
    const groups = {
      X25519: "x25519",
      "P-256": "secp256r1",
      "P-384": "secp384r1",
    } as const;
    const own = groups[group as keyof typeof groups];
    await talkWithClient(await withClient({ groups: [own], openssl: { extra } }));
  });

  test("authentication wanted, of a client without certificate", async () => {
    const { server, trust } = files();
    const endpoint = keep(
      await LoopbackEndpoint.open({
        role: "server",
        credentials: [server.credential],
        key: server.certificate.key,
        clientAuthentication: "wanted",
      }),
    );
    const extra = ["-CAfile", trust];
    const peer = keep(opensslClient({ port: endpoint.port, cipher, extra }));
    await peer.waitFor(/Verify return code: 0/);
    await until(() => endpoint.connected.length === 1);
    expect(endpoint.connected[0]?.peerCertificate).toBeUndefined();
  });

  test("the alert of a refused certificate, and of a missing one", async () => {
    const refusal = { code: "DTLS_UNKNOWN_CA", reason: "not ours" } as const;
    const refused = await withClient({
      clientAuthentication: "required",
      judge: () => refusal,
    });
    await refused.peer.waitFor(/alert unknown ca/);
    expect(refused.endpoint.closed).toMatchObject([
      { kind: "failed", error: { code: refusal.code } },
    ]);

    const { server } = files();
    const endpoint = keep(
      await LoopbackEndpoint.open({
        role: "server",
        credentials: [server.credential],
        key: server.certificate.key,
        clientAuthentication: "required",
      }),
    );
    const peer = keep(opensslClient({ port: endpoint.port, cipher }));
    await peer.waitFor(/alert handshake failure/);
  });

  test("certificates over a small MTU, ours and theirs in fragments", async () => {
    const made = await withClient({
      mtu: 256,
      clientAuthentication: "required",
      openssl: { extra: ["-mtu", "256"] },
    });
    await talkWithClient(made);
    for (const { bytes } of made.proxy.seen) expect(bytes.length).toBeLessThanOrEqual(256);
  });

  test("keying material is the same on both sides (RFC 5705)", async () => {
    const label = "EXPERIMENTAL-interop";
    const extra = ["-keymatexport", label, "-keymatexportlen", "24"];
    const { endpoint, peer } = await withClient({ openssl: { extra } });
    const [, theirs = ""] = await peer.waitFor(/Keying material: ([0-9A-F]+)/);
    await until(() => endpoint.connected.length === 1);
    const [connection] = endpoint.connected;
    if (connection === undefined) throw new Error("not connected");
    const ours = endpoint.endpoint.exportKeyingMaterial(connection, label, undefined, 24);
    expect(
      Buffer.from(ours ?? [])
        .toString("hex")
        .toUpperCase(),
    ).toBe(theirs);
  });
});

describe.skipIf(!openssl.isInstalled)("our client against openssl s_server", () => {
  test.each(certificateSuites)("$name, mutual authentication", async ({ name, id, cipher }) => {
    const made = await withServer({
      cipherSuites: [name],
      openssl: { cipher, extra: ["-Verify", "2", "-verify_return_error"] },
    });
    await talkWithServer(made);
    expect(made.connection.cipherSuite).toBe(id);
    expect(made.connection.peerCertificate?.chain[0]).toEqual(made.server.certificate.der);
  });

  // OpenSSL 3.0 uses an Ed25519 key of a server with TLS 1.2 only, not with DTLS 1.2.
  test.each([
    ["P-256", "P-384"],
    ["P-384", "P-256"],
    ["P-256", "ed25519"],
    ["P-384", "rsa"],
  ] as const)("a server key of %s, a client key of %s", async (own, clients) => {
    const extra = ["-Verify", "2", "-verify_return_error"];
    const keys = { own: { keyType: own }, clients: { keyType: clients } };
    await talkWithServer(await withServer({ ...keys, openssl: { extra } }));
  });

  test.each(["X25519", "P-256", "P-384"])("group %s", async (group) => {
    await talkWithServer(await withServer({ openssl: { extra: ["-curves", group] } }));
  });

  test("without a request, no certificate is shown", async () => {
    await talkWithServer(await withServer());
  });

  test("the alert of a refused certificate reaches the server", async () => {
    const { peer, endpoint } = await withServer({
      judge: () => ({ code: "DTLS_CERTIFICATE_EXPIRED", reason: "too old" }),
    });
    await peer.waitFor(/alert certificate expired/);
    expect(endpoint.closed).toMatchObject([
      { kind: "failed", error: { code: "DTLS_CERTIFICATE_EXPIRED" } },
    ]);
  });

  test("certificates over a small MTU, ours and theirs in fragments", async () => {
    const made = await withServer({
      mtu: 256,
      openssl: { extra: ["-mtu", "256", "-Verify", "2"] },
    });
    await talkWithServer(made);
    for (const { bytes } of made.proxy.seen) expect(bytes.length).toBeLessThanOrEqual(256);
  });
});
