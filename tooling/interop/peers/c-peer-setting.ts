import { expect, onTestFinished } from "vitest";
import {
  CertificateFiles,
  type CPeer,
  type CPeerOptions,
  LoopbackEndpoint,
  type LoopbackOptions,
  UdpProxy,
  type UdpProxyOptions,
  until,
} from "../src/index.ts";
import { keeper } from "./keep.ts";

export const identity = "device-1";
const psk: Uint8Array = new TextEncoder().encode("sixteen byte key");
export const gcm = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

export interface Setting {
  readonly suite: string;
  /** Options of the engine. */
  readonly ours?: Partial<LoopbackOptions>;
  /** Options of the peer. */
  readonly theirs?: Partial<CPeerOptions>;
  /** Whether a client of theirs comes without its certificate. */
  readonly isAnonymous?: boolean;
  readonly passes?: UdpProxyOptions["passes"];
  /** Of concurrent tests, from their context. */
  readonly atTheEnd?: (stop: () => Promise<void>) => void;
}

/** Our server and their client: with certificates on both sides, or with one key. */
export async function theirClient(peer: CPeer, setting: Setting) {
  const { suite, ours = {}, theirs = {}, passes, atTheEnd = onTestFinished } = setting;
  const keep = keeper(atTheEnd);
  const files = keep(new CertificateFiles());
  const { server, client, trust } = files;
  const endpoint = keep(
    await LoopbackEndpoint.open({
      role: "server",
      ...(isPsk(suite)
        ? { psks: { [identity]: psk } }
        : { credentials: [server.credential], key: server.certificate.key }),
      clientAuthentication: "required",
      ...ours,
    }),
  );
  const proxy = keep(
    await UdpProxy.open({ serverPort: endpoint.port, ...(passes === undefined ? {} : { passes }) }),
  );
  const certificate = { certificate: client.certificateFile, key: client.keyFile };
  const own = setting.isAnonymous ? {} : certificate;
  const credentials: Partial<CPeerOptions> = isPsk(suite) ? { identity, psk } : own;
  const trusted = isPsk(suite) ? {} : { trust, serverName: "server.example" };
  const options = { suite, ...credentials, ...trusted, ...theirs };
  return { endpoint, proxy, files, peer: keep(await peer.client(proxy.port, options)) };
}

/** Their server and our client, credentials as in {@link theirClient}. */
export async function theirServer(library: CPeer, setting: Setting) {
  const { suite, ours = {}, theirs = {}, passes, atTheEnd = onTestFinished } = setting;
  const keep = keeper(atTheEnd);
  const files = keep(new CertificateFiles());
  const { server, client, trust } = files;
  const credentials: Partial<CPeerOptions> = isPsk(suite)
    ? { identity, psk }
    : { certificate: server.certificateFile, key: server.keyFile, trust };
  const required = isPsk(suite) ? {} : ({ authentication: "required" } as const);
  const made = await library.server({ suite, ...credentials, ...required, ...theirs });
  const peer = keep(made.peer);
  const proxy = keep(
    await UdpProxy.open({ serverPort: made.port, ...(passes === undefined ? {} : { passes }) }),
  );
  const endpoint = keep(
    await LoopbackEndpoint.open({
      role: "client",
      cipherSuites: [suite],
      key: client.certificate.key,
      ...ours,
    }),
  );
  const connection = isPsk(suite)
    ? endpoint.connect(proxy.port, identity, psk)
    : endpoint.connectWith(proxy.port, {
        credentials: ours.credentials ?? [client.credential],
        serverName: "server.example",
      });
  return { endpoint, proxy, files, peer, connection };
}

type Made = Awaited<ReturnType<typeof theirClient>>;

/** Waits for the handshake and sends a line each way. @returns our connection and the suite the peer tells. */
export async function talk({ endpoint, peer }: Pick<Made, "endpoint" | "peer">) {
  const [, suite] = await peer.waitFor(/^connected (\d+)$/m, 20_000);
  await until(() => endpoint.connected.length === 1);
  const [connection] = endpoint.connected;
  if (connection === undefined) throw new Error("not connected");
  peer.write("from the peer\n");
  await until(() => endpoint.received.includes("from the peer"));
  endpoint.send(connection, "from us");
  await peer.waitFor(/^data from us$/m);
  expect(endpoint.closed).toEqual([]);
  return { connection, suite: Number(suite) };
}

function isPsk(suite: string): boolean {
  return suite.includes("PSK");
}
