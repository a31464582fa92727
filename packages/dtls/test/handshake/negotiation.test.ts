import { describe, expect, test } from "vitest";
import type { Extension } from "../../src/handshake/extensions/extension.ts";
import {
  type ClientHello,
  decodeClientHello,
  encodeClientHello,
} from "../../src/handshake/messages/client-hello.ts";
import {
  decodeServerHello,
  encodeServerHello,
  type ServerHello,
} from "../../src/handshake/messages/server-hello.ts";
import { createConnectedPair, createPair, type Pair, type PairOptions } from "../peer.ts";

/** Rewrites the first handshake message of `type` in datagrams from `host`. */
function rewrite(
  { world }: Pair,
  host: string,
  type: number,
  change: (body: Uint8Array) => Uint8Array,
): void {
  world.network.addFilter((datagram, from) => {
    if (from.address !== host || datagram[0] !== 22 || datagram[13] !== type) return "pass";
    const end = 13 + ((datagram[11] ?? 0) << 8) + (datagram[12] ?? 0);
    const body = change(datagram.slice(25, end));
    const changed = new Uint8Array(25 + body.length + datagram.length - end);
    changed.set(datagram.subarray(0, 25));
    changed.set(body, 25);
    changed.set(datagram.subarray(end), 25 + body.length);
    changed.set([(12 + body.length) >> 8, (12 + body.length) & 0xff], 11);
    for (const at of [14, 22]) changed.set([0, body.length >> 8, body.length & 0xff], at);
    return changed;
  });
}

function withClientHello(change: (hello: ClientHello) => ClientHello, options?: PairOptions): Pair {
  const pair = createPair(options);
  rewrite(pair, "10.0.0.2", 1, (body) => encodeClientHello(change(decodeClientHello(body))));
  return pair;
}

/** The alert that the server answers a changed hello with. */
function alertTo(
  change: (hello: ClientHello) => ClientHello,
  options?: PairOptions,
): number | undefined {
  const pair = withClientHello(change, options);
  pair.client.connect(pair.server);
  pair.world.runFor(500);
  expect(pair.server.endpoint.stats().handshakes).toBe(0);
  const answer = pair.server.sent.at(-1)?.datagram;
  return answer?.[0] === 21 ? answer[14] : undefined;
}

function extended(hello: ClientHello, ...more: Extension[]): ClientHello {
  return { ...hello, extensions: [...hello.extensions, ...more] };
}

describe("a server", () => {
  test("refuses older versions with protocol_version", () => {
    expect(alertTo((hello) => ({ ...hello, version: 0xfeff }))).toBe(70);
    expect(alertTo((hello) => ({ ...hello, version: 0x0303 }))).toBe(70);
  });

  test("refuses clients that insist on compression", () => {
    const compressionMethods = Uint8Array.of(1);
    expect(alertTo((hello) => ({ ...hello, compressionMethods }))).toBe(47);
  });

  test("refuses renegotiation_info that is not empty (RFC 5746 section 3.6)", () => {
    const extension = { type: 0xff01, data: Uint8Array.of(1, 2) };
    expect(alertTo((hello) => extended(hello, extension))).toBe(40);
  });

  test("refuses hellos without extended master secret where it is required", () => {
    const options = { server: { extendedMasterSecret: "required" } } as const;
    const without = (hello: ClientHello) => ({
      ...hello,
      extensions: hello.extensions.filter(({ type }) => type !== 23),
    });
    expect(alertTo(without, options)).toBe(40);
  });

  test("refuses malformed extensions with decode_error", () => {
    const connectionId = { type: 54, data: Uint8Array.of(5, 1) };
    const without = (hello: ClientHello) => ({ ...hello, extensions: [connectionId] });
    expect(alertTo(without)).toBe(50);
  });

  test("drops a hello with an extension that occurs twice", () => {
    const pair = withClientHello((hello) => extended(hello, { type: 23, data: new Uint8Array(0) }));
    pair.client.connect(pair.server);
    pair.world.runFor(500);
    expect(pair.server.outcomes).toEqual(["malformed"]);
    expect(pair.server.sent).toEqual([]);
  });

  test("ignores extensions and suites that it does not know", () => {
    const pair = withClientHello((hello) => ({
      ...extended(hello, { type: 0xfafa, data: Uint8Array.of(1, 2, 3) }),
      cipherSuites: Uint8Array.of(0xfa, 0xfa, ...hello.cipherSuites),
    }));
    pair.client.connect(pair.server);
    // The client's transcript misses the change, so all that counts is the server's answer.
    pair.world.runFor(500);
    expect(pair.server.sent[1]?.datagram[13]).toBe(2);
  });
});

function withServerHello(
  change: (hello: ServerHello) => ServerHello,
  options?: PairOptions,
): { reason: unknown; alert: number | undefined } {
  const pair = createPair(options);
  rewrite(pair, "10.0.0.1", 2, (body) => encodeServerHello(change(decodeServerHello(body))));
  pair.client.connect(pair.server);
  pair.world.runFor(500);
  const answer = pair.client.sent.at(-1)?.datagram;
  return {
    reason: pair.client.closeReasons()[0],
    alert: answer?.[0] === 21 ? answer[14] : undefined,
  };
}

describe("a client", () => {
  const failed = (code: string) => ({ kind: "failed", error: { code } });

  test("refuses an extension that it did not offer", () => {
    const extension = { type: 16, data: new Uint8Array(0) };
    const { reason, alert } = withServerHello((hello) => ({
      ...hello,
      extensions: [...hello.extensions, extension],
    }));
    expect(reason).toMatchObject(failed("DTLS_UNSUPPORTED_EXTENSION"));
    expect(alert).toBe(110);
  });

  test("refuses a Connection ID that it did not ask for", () => {
    const { alert } = withServerHello(
      (hello) => ({ ...hello, extensions: [{ type: 54, data: Uint8Array.of(0) }] }),
      { client: { connectionId: undefined } },
    );
    expect(alert).toBe(110);
  });

  test("refuses an extension that occurs twice", () => {
    const { reason, alert } = withServerHello((hello) => ({
      ...hello,
      extensions: [...hello.extensions, { type: 23, data: new Uint8Array(0) }],
    }));
    expect(reason).toMatchObject(failed("DTLS_DECODE"));
    expect(alert).toBe(50);
  });

  test("refuses a suite, compression or version that it did not offer", () => {
    expect(withServerHello((hello) => ({ ...hello, cipherSuite: 0xc02b })).alert).toBe(47);
    expect(withServerHello((hello) => ({ ...hello, compressionMethod: 1 })).alert).toBe(47);
    expect(withServerHello((hello) => ({ ...hello, version: 0xfeff })).alert).toBe(70);
  });

  test("refuses a server without extended master secret where it is required", () => {
    const { alert } = withServerHello((hello) => hello, {
      client: { extendedMasterSecret: "required" },
      server: { extendedMasterSecret: "disabled" },
    });
    expect(alert).toBe(40);
  });

  test("never connects when somebody changed the hellos on their way", () => {
    const pair = createPair();
    rewrite(pair, "10.0.0.1", 2, (body) =>
      encodeServerHello({ ...decodeServerHello(body), random: new Uint8Array(32) }),
    );
    const connection = pair.client.connect(pair.server);
    pair.world.runFor(100_000);
    expect(connection.phase).toBe("closed");
    expect(pair.server.connected()).toEqual([]);
  });
});

test("Finished uncovers a changed hello where the keys do not depend on it", () => {
  // Without extended master secret the transcript counts only in Finished.
  const pair = createPair({ both: { extendedMasterSecret: "disabled" } });
  rewrite(pair, "10.0.0.2", 1, (body) => {
    const hello = decodeClientHello(body);
    const cipherSuites = hello.cipherSuites.slice(2);
    return encodeClientHello({ ...hello, cipherSuites });
  });
  const connection = pair.client.connect(pair.server);
  pair.world.runFor(100_000);
  expect(pair.server.connected()).toEqual([]);
  expect(pair.server.closeReasons()).toMatchObject([
    { kind: "failed", error: { code: "DTLS_BAD_FINISHED" } },
  ]);
  expect(pair.client.closeReasons()).toMatchObject([
    { kind: "failed", error: { code: "DTLS_ALERT_RECEIVED", alert: 51 } },
  ]);
  expect(connection.phase).toBe("closed");
});

test("renegotiation_info answers the signalling suite (RFC 5746 section 3.6)", () => {
  const { server } = createConnectedPair();
  const flight = server.sent[1]?.datagram ?? new Uint8Array();
  const end = 13 + ((flight[11] ?? 0) << 8) + (flight[12] ?? 0);
  const hello = decodeServerHello(flight.slice(25, end));
  expect(hello.extensions.map(({ type }) => type)).toEqual([23, 0xff01, 54]);
  expect(hello.extensions[1]?.data).toEqual(Uint8Array.of(0));
  expect(hello.sessionId).toHaveLength(0);
});
