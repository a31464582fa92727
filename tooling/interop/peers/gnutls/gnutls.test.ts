import { describe, expect, test } from "vitest";
import {
  CertificateFiles,
  certificateSuites,
  freePorts,
  gnutlsClient,
  gnutlsClientProgram,
  gnutlsServer,
  LoopbackEndpoint,
  pskSuites,
  until,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const identity = "device-1";
const psk = new TextEncoder().encode("sixteen byte key");
const pskArguments = ["--pskusername", identity, "--pskkey", Buffer.from(psk).toString("hex")];

const ciphers: Readonly<Record<string, string>> = {
  AES_128_GCM_SHA256: "AES-128-GCM",
  AES_256_GCM_SHA384: "AES-256-GCM",
  AES_128_CCM: "AES-128-CCM",
  AES_256_CCM: "AES-256-CCM",
  AES_128_CCM_8: "AES-128-CCM-8",
  AES_256_CCM_8: "AES-256-CCM-8",
  CHACHA20_POLY1305_SHA256: "CHACHA20-POLY1305",
};

function cipherOf(name: string): string {
  return ciphers[name.replace(/^.*_WITH_/, "")] ?? name;
}

const withPsk = [
  ...pskSuites.map(({ name, id }) => ({ name, id, exchange: "+PSK" })),
  {
    name: "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    id: 0xccac,
    exchange: "+ECDHE-PSK",
  },
];

describe.skipIf(!gnutlsClientProgram.isInstalled)("gnutls-cli against our server", () => {
  test.each(withPsk)("$name", async ({ name, id, exchange }) => {
    const server = keep(await LoopbackEndpoint.open({ role: "server", psks: { [identity]: psk } }));
    const priority = `${exchange}:+${cipherOf(name)}`;
    const client = keep(gnutlsClient({ port: server.port, priority, extra: pskArguments }));
    await until(() => server.connected.length === 1);
    expect(server.connected[0]?.cipherSuite).toBe(id);
    // gnutls-cli 3.7.9 crashes behind this handshake, with its own server, too: Finished of both sides is all there is.
    if (exchange === "+ECDHE-PSK") return;
    await client.waitFor(/Handshake was completed/);
    client.write("from the client\n");
    await until(() => server.received.includes("from the client\n"));
  });

  test.each(certificateSuites)("$name, mutual authentication", async ({ name, id }) => {
    const { server: own, client: other, trust } = keep(new CertificateFiles());
    const server = keep(
      await LoopbackEndpoint.open({
        role: "server",
        credentials: [own.credential],
        key: own.certificate.key,
        clientAuthentication: "required",
      }),
    );
    const extra = [
      ...["--x509cafile", trust, "--verify-hostname", "server.example"],
      ...["--x509certfile", other.certificateFile, "--x509keyfile", other.keyFile],
    ];
    const priority = `+ECDHE-ECDSA:+${cipherOf(name)}`;
    const client = keep(gnutlsClient({ port: server.port, priority, extra }));
    await until(() => server.connected.length === 1);
    const [connection] = server.connected;
    expect(connection?.cipherSuite).toBe(id);
    expect(connection?.peerCertificate?.chain[0]).toEqual(other.certificate.der);
    client.write("from the client\n");
    await until(() => server.received.includes("from the client\n"));
    if (connection !== undefined) server.send(connection, "from the server\n");
    await client.waitFor(/^from the server$/m);
  });
});

describe.skipIf(!gnutlsClientProgram.isInstalled)("our client against gnutls-serv", () => {
  test.each(certificateSuites)("$name, mutual authentication", async ({ name, id }) => {
    const { server: other, client: own, trust } = keep(new CertificateFiles());
    const port = await freePorts(1);
    const extra = [
      ...["--x509cafile", trust, "--require-client-cert", "--verify-client-cert"],
      ...["--x509certfile", other.certificateFile, "--x509keyfile", other.keyFile],
    ];
    const priority = `+ECDHE-ECDSA:+${cipherOf(name)}`;
    keep(await gnutlsServer({ port, priority, extra }));
    const client = keep(await LoopbackEndpoint.open({ role: "client", key: own.certificate.key }));
    const connection = client.connectWith(port, { credentials: [own.credential] });
    await until(() => connection.phase !== "handshaking");
    expect(client.closed).toEqual([]);
    expect(connection.cipherSuite).toBe(id);
    expect(connection.peerCertificate?.chain[0]).toEqual(other.certificate.der);
    client.send(connection, "and back\n");
    await until(() => client.received.includes("and back\n"));
  });
});
