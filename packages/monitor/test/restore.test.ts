import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { createTestCertificate } from "@dtls-cluster/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  RestoreClient,
  type RestoreClientOptions,
  RestoreServer,
  type RestoreServerOptions,
  type RouteAnswer,
  type TlsCredentials,
} from "../src/index.ts";
import { CertificateDirectory } from "./support/certificate-directory.ts";

let directory: CertificateDirectory;
let server: TlsCredentials;
let client: TlsCredentials;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = new CertificateDirectory();
  server = await directory.serverCredentials();
  client = await directory.clientCredentials();
});
afterAll(() => rmSync(directory.path, { recursive: true }));
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const nothing = (): RouteAnswer => ({ status: 404, body: "NOTHING\n" });

async function start(options: Partial<RestoreServerOptions> = {}) {
  const restoreServer = new RestoreServer({
    credentials: server,
    host: "127.0.0.1",
    port: 0,
    restore: nothing,
    activate: nothing,
    ...options,
  });
  const port = await restoreServer.listen();
  closers.push(() => restoreServer.close());
  return { restoreServer, target: { host: "127.0.0.1", port } };
}

function taker(options: Partial<RestoreClientOptions> = {}): RestoreClient {
  return new RestoreClient({ credentials: () => client, pauseMs: 0, ...options });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString("latin1");
}

async function* stream(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

describe("taking the state of a double", () => {
  it("streams it, with queries, names and further routes", async () => {
    const { target } = await start({
      restore: ({ peerName, query }) => ({
        status: 200,
        body: stream("state for ", `${peerName} `, `${query.get("generation")}`),
      }),
      routes: [
        {
          path: "/restore/release",
          methods: ["POST"],
          handle: ({ query }) => ({ status: 200, body: `released ${query.get("generation")}` }),
        },
      ],
    });
    const call = { query: { generation: "7" } };
    expect(await taker().restore(target, collect, call)).toBe("state for client 7");
    expect(await taker().post(target, "/restore/release", call)).toBe("released 7");
  });

  it("finds nothing to restore when the double has nothing", async () => {
    const { target } = await start();
    expect(await taker().restore(target, collect)).toBeUndefined();
  });

  it("activates, and repeats that while the double is busy", async () => {
    let calls = 0;
    const { target } = await start({
      activate: ({ query }) => {
        calls += 1;
        return calls < 3 ? { status: 503 } : { status: 200, body: `active ${query.get("g")}` };
      },
    });
    expect(await taker().activate(target, { query: { g: "4" } })).toBe("active 4");
    expect(calls).toBe(3);
  });

  it("gives up after three busy answers, and at once for any other status", async () => {
    let calls = 0;
    const answer = { status: 503, body: "copying for another" };
    const restore = (): RouteAnswer => {
      calls += 1;
      return answer;
    };
    const { target } = await start({ restore });
    await expect(taker().restore(target, collect)).rejects.toMatchObject({
      name: "RestoreError",
      code: "RESTORE_BUSY",
      status: 503,
      answer: "copying for another",
    });
    expect(calls).toBe(3);
    answer.status = 409;
    answer.body = "x".repeat(5000);
    await expect(taker().restore(target, collect)).rejects.toMatchObject({
      code: "RESTORE_STATUS",
      status: 409,
      answer: "x".repeat(4096),
    });
    expect(calls).toBe(4);
  });

  it("does not start a restore for HEAD or POST", async () => {
    let calls = 0;
    const restore = (): RouteAnswer => {
      calls += 1;
      return { status: 200 };
    };
    const { target } = await start({ restore });
    for (const method of ["HEAD", "POST"]) {
      const head = await rawRequest(target.port, `${method} /restore HTTP/1.1\r\n`);
      expect(head).toContain("405");
    }
    expect(calls).toBe(0);
  });
});

describe("faults of a transfer", () => {
  it("tries a stream again that is cut, and says that it broke", async () => {
    const attempts: number[] = [];
    const { target } = await start({
      restore: () => ({
        status: 200,
        body: (async function* () {
          yield Buffer.from("half of ");
          throw new Error("the old node dies");
        })(),
      }),
    });
    const take = (chunks: AsyncIterable<Uint8Array>, attempt: number): Promise<string> => {
      attempts.push(attempt);
      return collect(chunks);
    };
    await expect(taker().restore(target, take)).rejects.toMatchObject({ code: "RESTORE_IO" });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("cuts a stream that stalls, and tells the giving side", async () => {
    const aborted: boolean[] = [];
    const { target } = await start({
      restore: ({ signal }) => ({
        status: 200,
        body: (async function* () {
          yield Buffer.from("half of ");
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          aborted.push(signal.aborted);
        })(),
      }),
    });
    const impatient = taker({ readIdleMs: 50, attempts: 1 });
    await expect(impatient.restore(target, collect)).rejects.toMatchObject({
      code: "RESTORE_STALLED",
      message: expect.stringContaining("for 50 ms"),
    });
    await expect.poll(() => aborted).toEqual([true]);
  });

  it("cuts a double that accepts and says nothing", async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const impatient = taker({ connectTimeoutMs: 50, attempts: 2 });
    await expect(impatient.restore({ host: "127.0.0.1", port }, collect)).rejects.toMatchObject({
      code: "RESTORE_IO",
      message: expect.stringContaining("within 50 ms"),
    });
    await new Promise((resolve) => silent.close(resolve));
    await expect(taker().restore({ host: "127.0.0.1", port }, collect)).rejects.toMatchObject({
      code: "RESTORE_IO",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("does not try again what the taker itself finds wrong", async () => {
    const { target } = await start({ restore: () => ({ status: 200, body: stream("corrupt") }) });
    let calls = 0;
    const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      calls += 1;
      await collect(chunks);
      throw new TypeError("checksum");
    };
    await expect(taker().restore(target, take)).rejects.toThrow(new TypeError("checksum"));
    expect(calls).toBe(1);
  });

  it("ends at once when the taker gives up or goes away", async () => {
    const ended: string[] = [];
    const { target } = await start({
      restore: ({ signal }) => ({
        status: 200,
        body: (async function* () {
          try {
            for (;;) {
              yield Buffer.alloc(1000);
              await new Promise((resolve) => setImmediate(resolve));
            }
          } finally {
            ended.push(signal.aborted ? "aborted" : "finished");
          }
        })(),
      }),
    });
    const controller = new AbortController();
    const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const _ of chunks) controller.abort();
    };
    await expect(
      taker().restore(target, take, { signal: controller.signal }),
    ).rejects.toMatchObject({ code: "RESTORE_ABORTED" });
    const takeOne = async (chunks: AsyncIterable<Uint8Array>): Promise<number> => {
      for await (const chunk of chunks) return chunk.length;
      return 0;
    };
    expect(await taker().restore(target, takeOne)).toBeGreaterThan(0);
    await expect.poll(() => ended).toEqual(["aborted", "aborted"]);
  });

  it("holds little for a slow taker", async () => {
    const chunkBytes = 65_536;
    const count = 800;
    let made = 0;
    const { target } = await start({
      restore: () => ({
        status: 200,
        body: (async function* () {
          for (; made < count; made += 1) yield Buffer.alloc(chunkBytes);
        })(),
      }),
    });
    let taken = 0;
    let most = 0;
    await taker().restore(target, async (chunks) => {
      for await (const chunk of chunks) {
        // Takes nothing until the giving side has stopped making chunks.
        for (let before = -1; most === 0 && before !== made; ) {
          before = made;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        most ||= made * chunkBytes;
        taken += chunk.length;
      }
    });
    expect(taken).toBe(count * chunkBytes);
    // Of 50 MiB: the socket buffers of the kernel, and some chunks in between.
    expect(most).toBeLessThan(16 * 2 ** 20);
  });

  it("cuts off a taker that takes nothing any more", async () => {
    const ended: string[] = [];
    const { target } = await start({
      idleMs: 50,
      restore: () => ({
        status: 200,
        body: (async function* () {
          try {
            for (;;) yield Buffer.alloc(65_536);
          } finally {
            ended.push("ended");
          }
        })(),
      }),
    });
    const socket = await tlsSocket(target.port);
    socket.pause();
    socket.write("GET /restore HTTP/1.1\r\nhost: a\r\n\r\n");
    await expect.poll(() => ended, { timeout: 10_000 }).toEqual(["ended"]);
    socket.destroy();
  });
});

describe("mutual TLS", () => {
  const refused = { code: expect.stringMatching(/^RESTORE_(TLS|IO)$/) };

  it("refuses clients of another authority, with none, and with an expired certificate", async () => {
    let calls = 0;
    const errors: Error[] = [];
    const restore = (): RouteAnswer => {
      calls += 1;
      return { status: 200, body: "secret" };
    };
    const { target } = await start({ restore, onError: (error) => errors.push(error) });
    const stranger = createTestCertificate({ name: "stranger" });
    const expired = createTestCertificate({
      name: "expired",
      issuer: directory.authority,
      notBefore: new Date(Date.now() - 7_200_000),
      notAfter: new Date(Date.now() - 3_600_000),
    });
    for (const own of [stranger, expired, undefined]) {
      const { cert: _cert, key: _key, ...trust } = client;
      const credentials = (own && { ...trust, cert: own.certificatePem, key: own.keyPem }) ?? {
        ...trust,
        cert: "",
        key: "",
      };
      const attempt = taker({ credentials: () => credentials, attempts: 1 });
      await expect(attempt.restore(target, collect)).rejects.toMatchObject(refused);
    }
    expect(calls).toBe(0);
    expect(errors.length).toBeGreaterThan(0);
  });

  it("does not take state from a server of another authority, or an expired one", async () => {
    const stranger = createTestCertificate({ name: "stranger" });
    const expired = createTestCertificate({
      name: "expired",
      issuer: directory.authority,
      notBefore: new Date(Date.now() - 7_200_000),
      notAfter: new Date(Date.now() - 3_600_000),
    });
    for (const own of [stranger, expired]) {
      let calls = 0;
      const credentials = { ...server, cert: own.certificatePem, key: own.keyPem };
      const restore = (): RouteAnswer => {
        calls += 1;
        return { status: 200, body: "forged" };
      };
      const { target } = await start({ credentials, restore });
      await expect(taker().restore(target, collect)).rejects.toMatchObject({
        code: "RESTORE_TLS",
        message: expect.stringContaining("compare the client's trust file"),
      });
      expect(calls).toBe(0);
    }
  });

  it("refuses old TLS versions and plain http", async () => {
    const { target } = await start({ restore: () => ({ status: 200, body: "secret" }) });
    await expect(
      tlsSocket(target.port, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }),
    ).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${target.port}/restore`)).rejects.toThrow();
    const socket = await tlsSocket(target.port, { maxVersion: "TLSv1.2" });
    expect(socket.getProtocol()).toBe("TLSv1.2");
    socket.destroy();
  });

  it("uses replaced credentials for new connections", async () => {
    const { restoreServer, target } = await start({
      restore: () => ({ status: 200, body: "state" }),
    });
    expect(await taker().restore(target, collect)).toBe("state");
    const authority = createTestCertificate({ name: "new authority" });
    restoreServer.replaceCredentials({ ...server, ca: [authority.certificatePem] });
    await expect(taker({ attempts: 1 }).restore(target, collect)).rejects.toMatchObject(refused);
    const renewed = createTestCertificate({ name: "renewed", issuer: authority });
    const credentials = { ...client, cert: renewed.certificatePem, key: renewed.keyPem };
    expect(await taker({ credentials: () => credentials }).restore(target, collect)).toBe("state");
  });
});

function tlsSocket(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { cert, key, ca } = client;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port,
      cert,
      key,
      ca: [...ca],
      checkServerIdentity: () => undefined,
      ...options,
    });
    socket.once("secureConnect", () => resolve(socket));
    socket.on("error", reject);
  });
}

async function rawRequest(port: number, line: string): Promise<string> {
  const socket = await tlsSocket(port);
  const answer = new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(data.toString("latin1")));
  });
  socket.write(`${line}host: a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  return answer.finally(() => socket.destroy());
}
