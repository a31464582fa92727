import type { KeyObject } from "node:crypto";
import { type ForgedCertificateOptions, forgeCertificate } from "@dtls-cluster/testkit";
import { expect } from "vitest";
import type { CertificateType, ConnectOptions, Credential } from "../src/index.ts";
import { createPair, outcomesBalance, type PairOptions, type Peer } from "./peer.ts";

/** Makes a credential whose key the peer has. */
function credentialOf(
  peer: Pick<Peer, "keys">,
  type: CertificateType = "x509",
  options: Partial<ForgedCertificateOptions> & Pick<Credential, "serverNames"> = {},
): Credential {
  const { serverNames, ...rest } = options;
  const certificate = forgeCertificate({ name: "test", ...rest });
  const own = type === "x509" ? certificate.der : certificate.publicKeyDer;
  peer.keys.set(own, certificate.key);
  return { type, chain: [own], ...(serverNames === undefined ? {} : { serverNames }) };
}

export interface Setting {
  readonly server?: readonly Made[];
  readonly client?: readonly Made[];
  readonly connect?: ConnectOptions;
  readonly options?: PairOptions;
}

interface Made {
  readonly type?: CertificateType;
  readonly options?: Partial<ForgedCertificateOptions> & Pick<Credential, "serverNames">;
}

/** A pair whose sides have the keys of their credentials, with a handshake begun. */
export function handshake({
  server: own = [{}],
  client: others = [],
  connect = {},
  options = {},
}: Setting) {
  const keys = new Map<Uint8Array, KeyObject>();
  const make = ({ type, options: made }: Made) => credentialOf({ keys }, type, made);
  const serverCredentials = own.map(make);
  const clientCredentials = others.map(make);
  const pair = createPair({
    ...options,
    server: { credentials: serverCredentials, ...options.server },
  });
  for (const [der, key] of keys) {
    pair.server.keys.set(der, key);
    pair.client.keys.set(der, key);
  }
  const begin = () => {
    const connection = pair.client.connect(pair.server, {
      credentials: clientCredentials,
      ...connect,
    });
    return connection;
  };
  return { ...pair, serverCredentials, clientCredentials, begin };
}

export function connected(setting: Setting) {
  const made = handshake(setting);
  const { world, client, server, begin } = made;
  const clientConnection = begin();
  world.runUntil(() => clientConnection.phase !== "handshaking");
  const [serverConnection] = server.connected();
  if (serverConnection === undefined) throw new Error(JSON.stringify(client.closeReasons()));
  client.send(clientConnection, "ping");
  server.send(serverConnection, "pong");
  world.runUntilIdle();
  expect(server.payloads()).toEqual(["ping"]);
  expect(client.payloads()).toEqual(["pong"]);
  expect(outcomesBalance(server) && outcomesBalance(client)).toBe(true);
  return { ...made, clientConnection, serverConnection };
}

/** The alert that the other side of a failed handshake got. */
export function failure(
  setting: Setting,
  change: (made: ReturnType<typeof handshake>) => void = () => {},
) {
  const made = handshake(setting);
  change(made);
  made.begin();
  made.world.runUntilIdle();
  expect(made.server.connected()).toEqual([]);
  expect(made.client.connected()).toEqual([]);
  expect(made.server.endpoint.stats()).toMatchObject({ connections: 0, handshakes: 0 });
  const errorOf = (peer: typeof made.client) => {
    const [reason] = peer.closeReasons();
    return reason?.kind === "failed" ? (reason.error.alert ?? reason.error.code) : reason?.kind;
  };
  return { client: errorOf(made.client), server: errorOf(made.server) };
}
