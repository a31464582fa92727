import { describe, expect, test } from "vitest";
import { connected, failure, handshake } from "../certificates.ts";
import { utf8 } from "../peer.ts";

describe("verdicts", () => {
  const codes = [
    ["DTLS_BAD_CERTIFICATE", 42],
    ["DTLS_UNSUPPORTED_CERTIFICATE", 43],
    ["DTLS_CERTIFICATE_REVOKED", 44],
    ["DTLS_CERTIFICATE_EXPIRED", 45],
    ["DTLS_CERTIFICATE_UNKNOWN", 46],
    ["DTLS_UNKNOWN_CA", 48],
    ["DTLS_ACCESS_DENIED", 49],
  ] as const;

  test.each(codes)(
    "%s of the server's: the client sends alert %i and nothing else",
    (code, alert) => {
      const made = handshake({});
      made.client.verdictOn = () => ({ code, reason: "not this one" });
      made.begin();
      made.world.runUntil(() => made.client.closeReasons().length > 0);
      expect(made.client.closeReasons()).toMatchObject([
        { kind: "failed", error: { code, message: "not this one" } },
      ]);
      const { datagram } = made.client.sent.at(-1) ?? {};
      expect([datagram?.[0], datagram?.at(-1)]).toEqual([21, alert]);
      expect(made.server.connected()).toEqual([]);
    },
  );

  test.each(codes)("%s of the client's: the client learns of alert %i", (code, alert) => {
    const setting = {
      client: [{}],
      options: { server: { clientAuthentication: "required" } },
    } as const;
    const result = failure(setting, ({ server }) => {
      server.verdictOn = () => ({ code, reason: "not this one" });
    });
    expect(result).toEqual({ client: alert, server: code });
  });

  test("a refusal does not stick to the next handshake (CVE-2021-34433)", () => {
    const made = handshake({
      client: [{}],
      options: { server: { clientAuthentication: "required" } },
    });
    const { server, world, begin } = made;
    server.verdictOn = () => ({ code: "DTLS_UNKNOWN_CA", reason: "not this one" });
    begin();
    world.runUntilIdle();
    server.verdictOn = () => "accepted";
    const second = begin();
    world.runUntil(() => second.phase !== "handshaking");
    expect(second.phase).toBe("connected");
  });

  test("answers may come late: the flight of the peer is repeated, nothing gets lost", () => {
    const made = handshake({
      client: [{}],
      options: { server: { clientAuthentication: "required" } },
    });
    const { client, server, world, begin } = made;
    for (const peer of [client, server]) {
      peer.signsLater = true;
      peer.verdictOn = () => "later";
    }
    const connection = begin();
    let answered = 0;
    // Each answer takes its time; the peer repeats its flight meanwhile.
    while (connection.phase === "handshaking" && answered < 10) {
      world.runFor(5000);
      for (const peer of [server, client]) {
        const event = peer.events.shift();
        if (event?.type === "signature-needed") {
          const signature = peer.signatureFor(event);
          peer.endpoint.provideSignature(event.connection, signature, world.now);
          answered += 1;
        } else if (event?.type === "peer-certificate") {
          peer.endpoint.judgeCertificate(event.connection, "accepted", world.now);
          answered += 1;
        }
      }
    }
    expect(connection.phase).toBe("connected");
    expect(answered).toBe(4);
  });

  test("an answer that nobody waits for is the caller's error, a late one is harmless", () => {
    const { server, client, serverConnection, clientConnection, world } = connected({});
    for (const [peer, connection] of [
      [server, serverConnection],
      [client, clientConnection],
    ] as const) {
      peer.endpoint.judgeCertificate(connection, "accepted", world.now);
      peer.endpoint.provideSignature(connection, undefined, world.now);
    }
    const begun = handshake({ options: { both: {} } });
    const connection = begun.begin();
    const judge = () => begun.client.endpoint.judgeCertificate(connection, "accepted", 0);
    const sign = () => begun.client.endpoint.provideSignature(connection, utf8("x"), 0);
    expect(judge).toThrow(/does not wait for a verdict/);
    expect(sign).toThrow(/does not wait for a signature/);
  });

  test("a signature that cannot be made ends the handshake with internal_error", () => {
    const made = handshake({});
    made.server.signsLater = true;
    made.begin();
    made.world.runUntil(() => made.server.events.length > 0);
    const [event] = made.server.events;
    if (event === undefined) throw new Error("no event");
    made.server.endpoint.provideSignature(event.connection, undefined, made.world.now);
    made.world.runUntilIdle();
    expect(made.client.closeReasons()).toMatchObject([{ kind: "failed", error: { alert: 80 } }]);
  });
});
