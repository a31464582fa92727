import { expect, test } from "vitest";
import { type CPeer, type ProxiedDatagram, until } from "../src/index.ts";
import { auditNonces } from "./audit-nonces.ts";
import { gcm, identity, type Setting, talk, theirClient, theirServer } from "./c-peer-setting.ts";

/** A suite by its IANA name and number. */
interface Suite {
  readonly name: string;
  readonly id: number;
}

const ecdhePskChacha = "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256";
const header = 13;
const wrongPsk = new TextEncoder().encode("another 16 bytes");
const small = 256;

/** Each of the first datagrams of both directions. */
const lostDatagrams: readonly Lost[] = [0, 1, 2].flatMap((index) =>
  [true, false].map((toServer) => ({
    name: `datagram ${index} to the ${toServer ? "server" : "client"}`,
    toServer,
    index,
  })),
);

/** Lengths of the records in the datagrams that went one way. */
function recordLengths(datagrams: readonly ProxiedDatagram[]): number[] {
  return datagrams.flatMap(({ bytes }) => {
    const lengths: number[] = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + header <= bytes.length; at += header + (lengths.at(-1) ?? 0)) {
      lengths.push(view.getUint16(at + header - 2));
    }
    return lengths;
  });
}

/** What holds with any library: their client against our server. */
export function testTheirClient(library: CPeer, suites: readonly Suite[]): void {
  test.each(suites)("$name", async ({ name, id }) => {
    const made = await theirClient(library, { suite: name, ours: { cipherSuites: [name] } });
    const { connection, suite } = await talk(made);
    expect([connection.cipherSuite, suite]).toEqual([id, id]);
    const shown = name.includes("PSK") ? undefined : made.files.client.certificate.der;
    expect(connection.peerCertificate?.chain[0]).toEqual(shown);
    if (shown !== undefined) expect(made.peer.output).toMatch(/^peer .*CN ?= ?server.example/m);
  });

  test.each(["none", "wanted"] as const)("authentication %s", async (asked) => {
    const ours = { clientAuthentication: asked };
    const { connection } = await talk(
      await theirClient(library, { suite: gcm, ours, isAnonymous: true }),
    );
    expect(connection.peerCertificate).toBeUndefined();
  });

  test.each(["required", "disabled"] as const)("extended master secret %s", async (use) => {
    await talk(await theirClient(library, { suite: gcm, ours: { extendedMasterSecret: use } }));
  });

  test.each(["x25519", "secp256r1", "secp384r1"] as const)("group %s", async (group) => {
    await talk(await theirClient(library, { suite: gcm, ours: { groups: [group] } }));
  });

  test("Connection IDs, which the peer does not offer", async () => {
    const ours = { connectionId: { length: 6 } };
    const { connection } = await talk(await theirClient(library, { suite: gcm, ours }));
    expect(connection.readConnectionId).toBeUndefined();
  });

  test("our certificates over a small MTU, in fragments", async () => {
    const made = await theirClient(library, { suite: gcm, ours: { mtu: small } });
    await talk(made);
    const ours = made.proxy.seen.filter(({ toServer }) => !toServer);
    for (const { bytes } of ours) expect(bytes.length).toBeLessThanOrEqual(small);
  });

  test("max_fragment_length asked by the peer", async () => {
    const made = await theirClient(library, { suite: gcm, theirs: { fragmentLength: 512 } });
    const { connection } = await talk(made);
    expect(connection.maxPayload).toBe(512);
    expectShortRecords(made.proxy.seen);
  });

  test("close_notify of the peer, and of us", async () => {
    const first = await theirClient(library, { suite: gcm });
    await talk(first);
    first.peer.endInput();
    await until(() => first.endpoint.closed.length === 1);
    expect(first.endpoint.closed).toEqual([{ kind: "close-notify-received" }]);

    const second = await theirClient(library, { suite: gcm });
    const { connection } = await talk(second);
    second.endpoint.close(connection);
    await second.peer.waitFor(/^closed$/m);
    expect(await second.peer.waitForEnd()).toBe(0);
  });

  test("the alert of a refused certificate", async () => {
    const refusal = { code: "DTLS_UNKNOWN_CA", reason: "not ours" } as const;
    const { peer } = await theirClient(library, { suite: gcm, ours: { judge: () => refusal } });
    await peer.waitFor(/^failed 48 /m);
  });

  test("our certificate, of an authority the peer does not know", async () => {
    const other = await theirClient(library, { suite: gcm });
    const { trust } = other.files;
    const { endpoint, peer } = await theirClient(library, { suite: gcm, theirs: { trust } });
    await peer.waitFor(/^failed -1 /m);
    expect(endpoint.connected).toEqual([]);
    await talk(other);
  });

  test("a wrong key", async () => {
    const ours = { psks: { [identity]: wrongPsk }, limits: { handshakeLifetimeMs: 1000 } };
    const { endpoint, peer } = await theirClient(library, { suite: ecdhePskChacha, ours });
    await until(() => endpoint.closed.length === 1);
    expect(endpoint.connected).toEqual([]);
    expect(peer.output).not.toMatch(/connected/);
  });

  test.concurrent.for(lostDatagrams)("lost once: $name", async (lost, { onTestFinished }) => {
    const made = await theirClient(library, {
      suite: gcm,
      ...lossy(lost),
      atTheEnd: onTestFinished,
    });
    await talk(made);
    auditNonces(made.proxy.seen, { toServer: 0, toClient: 0 });
  });
}

/**
 * What holds with any library: our client against their server.
 * @param canLose which of the handshake's datagrams it survives the loss of. Default: all.
 */
export function testTheirServer(
  library: CPeer,
  suites: readonly Suite[],
  canLose: (lost: Lost) => boolean = () => true,
): void {
  test.each(suites)("$name", async ({ name, id }) => {
    const made = await theirServer(library, { suite: name });
    const { suite } = await talk(made);
    expect([made.connection.cipherSuite, suite]).toEqual([id, id]);
    const shown = name.includes("PSK") ? undefined : made.files.server.certificate.der;
    expect(made.connection.peerCertificate?.chain[0]).toEqual(shown);
    if (shown !== undefined) expect(made.peer.output).toMatch(/^peer .*CN ?= ?client.example/m);
  });

  test("without a request, no certificate is shown", async () => {
    const made = await theirServer(library, { suite: gcm, theirs: { authentication: "none" } });
    await talk(made);
    expect(made.peer.output).not.toMatch(/^peer /m);
  });

  test.each(["required", "disabled"] as const)("extended master secret %s", async (use) => {
    await talk(await theirServer(library, { suite: gcm, ours: { extendedMasterSecret: use } }));
  });

  test.each(["x25519", "secp256r1", "secp384r1"] as const)("group %s", async (group) => {
    // The groups that a client names are also the curves it takes keys of (RFC 8422 section 5.1).
    const groups = [group, "secp256r1"] as const;
    await talk(await theirServer(library, { suite: gcm, ours: { groups } }));
  });

  test("Connection IDs, which the peer does not take", async () => {
    const ours = { connectionId: { length: 6 } };
    const { connection } = await talk(await theirServer(library, { suite: gcm, ours }));
    expect(connection.readConnectionId).toBeUndefined();
  });

  test("our certificates over a small MTU, in fragments", async () => {
    const made = await theirServer(library, { suite: gcm, ours: { mtu: small } });
    await talk(made);
    const ours = made.proxy.seen.filter(({ toServer }) => toServer);
    for (const { bytes } of ours) expect(bytes.length).toBeLessThanOrEqual(small);
  });

  test("max_fragment_length asked by us", async () => {
    const made = await theirServer(library, { suite: gcm, ours: { maxFragmentLength: 512 } });
    const { connection } = await talk(made);
    expect(connection.maxPayload).toBe(512);
    expectShortRecords(made.proxy.seen);
  });

  test("close_notify of the peer, and of us", async () => {
    const first = await theirServer(library, { suite: gcm });
    await talk(first);
    first.peer.endInput();
    await until(() => first.endpoint.closed.length === 1);
    expect(first.endpoint.closed).toEqual([{ kind: "close-notify-received" }]);

    const second = await theirServer(library, { suite: gcm });
    const { connection } = await talk(second);
    second.endpoint.close(connection);
    await second.peer.waitFor(/^closed$/m);
    expect(await second.peer.waitForEnd()).toBe(0);
  });

  test("the alert of a refused certificate", async () => {
    const refusal = { code: "DTLS_CERTIFICATE_EXPIRED", reason: "too old" } as const;
    const { peer } = await theirServer(library, { suite: gcm, ours: { judge: () => refusal } });
    await peer.waitFor(/^failed 45 /m);
  });

  test("no certificate of ours where one is required", async () => {
    const made = await theirServer(library, { suite: gcm, ours: { credentials: [] } });
    await made.peer.waitFor(/^failed -1 /m);
    expect(made.endpoint.connected).toEqual([]);
  });

  const lostOnes = lostDatagrams.filter(canLose);
  test.concurrent.for(lostOnes)("lost once: $name", async (lost, { onTestFinished }) => {
    const made = await theirServer(library, {
      suite: gcm,
      ...lossy(lost),
      atTheEnd: onTestFinished,
    });
    await talk(made);
    auditNonces(made.proxy.seen, { toServer: 0, toClient: 0 });
  });
}

interface Lost {
  readonly name: string;
  readonly toServer: boolean;
  readonly index: number;
}

/** Records that protect 512 bytes are that much longer: explicit nonce and tag. */
const expansion = 24;

function expectShortRecords(datagrams: readonly ProxiedDatagram[]): void {
  for (const length of recordLengths(datagrams)) {
    expect(length).toBeLessThanOrEqual(512 + expansion);
  }
}

function lossy({ toServer: direction, index: lost }: Lost): Partial<Setting> {
  return {
    ours: { retransmissionTimeoutMs: 300 },
    passes: (_datagram, toServer, index) => toServer !== direction || index !== lost,
  };
}
