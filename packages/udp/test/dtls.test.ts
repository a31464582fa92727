import { once } from "node:events";
import { connect, createServer, type DtlsServer, DtlsSocketError } from "@dtls-cluster/udp";
import { afterEach, describe, expect, it } from "vitest";

const psk = { identity: "device-1", key: "a secret of the device" };
const local = { address: "127.0.0.1", port: 0 };
const texts = new TextDecoder();
let servers: DtlsServer[] = [];

async function serve(options: Partial<Parameters<typeof createServer>[0]> = {}) {
  const server = await createServer({ ...local, psk: { [psk.identity]: psk.key }, ...options });
  servers.push(server);
  const to = { host: "127.0.0.1", port: server.address.port, psk };
  return { server, to };
}

/** Sends back what comes, until the server is closed. */
async function echo(server: DtlsServer): Promise<void> {
  for await (const connection of server) {
    void (async () => {
      for await (const message of connection) connection.send(message);
    })();
  }
}

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

describe("createServer and connect", () => {
  it("exchange messages by async iteration, and end it on both sides with close", async () => {
    const { server, to } = await serve();
    const echoing = echo(server);
    const client = await connect(to);
    const heard: string[] = [];
    for (const text of ["one", "two", "three"]) client.send(text);
    for await (const message of client) {
      heard.push(texts.decode(message));
      if (heard.length === 3) await client.close();
    }
    expect(heard.toSorted()).toEqual(["one", "three", "two"]);
    expect(client.isOpen).toBe(false);
    await server.close();
    await echoing;
  });

  it("resume a session, at another server with the ticket secret too", async () => {
    const resumption = { ticketSecret: new TextEncoder().encode("the cluster's tickets") };
    const [one, other] = [await serve({ resumption }), await serve({ resumption })];
    const first = await connect(one.to);
    const { session } = first;
    expect(first.isResumed).toBe(false);
    await first.close();
    if (session === undefined) throw new Error("nothing to resume");
    const second = await connect({ ...other.to, session });
    expect(second.isResumed).toBe(true);
    expect(second.session).toEqual(session);
    await second.close();
  });

  it("exchange messages by events, with the Connection ID and identity at hand", async () => {
    const { server, to } = await serve();
    server.on("connection", (connection) => {
      connection.on("message", (message) => connection.send(`got ${texts.decode(message)}`));
      expect(texts.decode(connection.pskIdentity)).toBe("device-1");
    });
    const client = await connect(to);
    client.send("hello");
    const [message] = await once(client, "message");
    expect(texts.decode(message)).toBe("got hello");
    expect(client.remote).toEqual({ address: "127.0.0.1", port: to.port });
    expect(server.connections.size).toBe(1);
    const [connection] = server.connections;
    const closed = connection && once(connection, "close");
    await client.close();
    expect(await closed).toEqual([{ kind: "close-notify-received" }]);
    expect(server.connections.size).toBe(0);
  });

  it("keep messages that come before anybody takes them", async () => {
    const { server, to } = await serve();
    const client = await connect(to);
    client.send("early");
    const { value: connection } = await server[Symbol.asyncIterator]().next();
    const [message] = await new Promise<[Uint8Array]>((resolve) => {
      setImmediate(() => connection?.on("message", (...heard) => resolve(heard)));
    });
    expect(texts.decode(message)).toBe("early");
    await client.close();
  });

  it("tell the peer when the server closes", async () => {
    const { server, to } = await serve();
    const client = await connect(to);
    const closed = once(client, "close");
    await server.close();
    expect(await closed).toEqual([{ kind: "close-notify-received" }]);
    expect(() => client.send("late")).toThrow(DtlsSocketError);
  });

  it("look keys up, also later, and let the lookup's failure harm only its client", async () => {
    const errors: unknown[] = [];
    const { server, to } = await serve({
      retransmissionTimeoutMs: 100,
      psk: async (identity) => {
        if (identity === "broken") throw new Error("the directory is down");
        return identity === "device-1" ? new TextEncoder().encode(psk.key) : undefined;
      },
    });
    server.on("error", (error) => errors.push(error));
    const quick = { ...to, retransmissionTimeoutMs: 20, maxRetransmissions: 2 };
    const broken = connect({ ...quick, psk: { ...psk, identity: "broken" } });
    await expect(broken).rejects.toMatchObject({ code: "DTLS_HANDSHAKE_TIMEOUT" });
    expect(errors.map(String)).toEqual(["Error: the directory is down"]);
    const client = await connect(to);
    expect(client.isOpen).toBe(true);
    await client.close();
  });
});

describe("connect", () => {
  it("fails when the key is another, without saying so to the network", async () => {
    const { to } = await serve();
    const wrong = { identity: "device-1", key: "another" };
    const failing = connect({
      ...to,
      psk: wrong,
      retransmissionTimeoutMs: 20,
      maxRetransmissions: 2,
    });
    await expect(failing).rejects.toMatchObject({
      name: "DtlsSocketError",
      code: "DTLS_HANDSHAKE_TIMEOUT",
      message: expect.not.stringContaining("another key:"),
    });
  });

  it("fails with an alert when there is no common suite", async () => {
    const { to } = await serve({ cipherSuites: ["TLS_PSK_WITH_AES_256_CCM_8"] });
    const failing = connect({ ...to, cipherSuites: ["TLS_PSK_WITH_AES_128_CCM_8"] });
    await expect(failing).rejects.toMatchObject({ code: "DTLS_HANDSHAKE_FAILED" });
  });

  it("stops with the reason of its signal", async () => {
    const silent = await serve({ psk: () => new Promise(() => {}) });
    const stop = new AbortController();
    const connecting = connect({ ...silent.to, signal: stop.signal });
    setImmediate(() => stop.abort(new Error("changed my mind")));
    await expect(connecting).rejects.toThrow("changed my mind");
    await expect(connect({ ...silent.to, signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });

  it.each([
    [{ port: 0 }, "port is 0, but must be 1 to 65535"],
    [{ mtu: 100 }, "mtu is 100, but must be an integer from 256 to 65507"],
    [{ localAddress: "nowhere" }, `"nowhere" is not an IPv4 or IPv6 address`],
  ])("refuses %j before anything is sent", async (wrong, message) => {
    await expect(connect({ host: "127.0.0.1", psk, ...wrong })).rejects.toThrow(message);
  });

  it("refuses a message that does not fit one record", async () => {
    const { to } = await serve();
    const client = await connect(to);
    expect(() => client.send(new Uint8Array(client.maxMessageLength + 1))).toThrow(
      /does not fit one record/,
    );
    client.send(new Uint8Array(client.maxMessageLength));
    await client.close();
    await client.close();
  });
});

describe("createServer", () => {
  it("fails when the address is taken, and ends with its signal", async () => {
    const stop = new AbortController();
    const { server } = await serve({ signal: stop.signal });
    const same = { address: "127.0.0.1", port: server.address.port, psk: {} };
    await expect(createServer(same)).rejects.toMatchObject({ code: "UDP_ADDRESS_IN_USE" });
    const closed = once(server, "close");
    stop.abort();
    await closed;
    expect((await server[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it("tells of handshakes that failed", async () => {
    const { server, to } = await serve({ cipherSuites: ["TLS_PSK_WITH_AES_256_CCM_8"] });
    const limited = await serve({ limits: { handshakeLifetimeMs: 50 } });
    const failed = once(limited.server, "handshake-failed");
    const quick = { retransmissionTimeoutMs: 20, maxRetransmissions: 1 };
    const wrong = { ...limited.to, psk: { ...psk, key: "another" }, ...quick };
    await expect(connect(wrong)).rejects.toThrow(DtlsSocketError);
    expect((await failed)[0]).toEqual({ kind: "handshake-timeout" });
    expect(server.connections.size + to.port).toBeGreaterThan(0);
  });
});
