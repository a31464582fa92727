import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  LoopbackEndpoint,
  libcoap,
  ownProgram,
  startLibcoapServer,
  until,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const key = "secretPSK";

/** Runs our benchmark to its end and gives its report. */
async function benchmark(...args: readonly string[]): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), "dtls-cluster-libcoap-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "report.json");
  const common = ["--clients", "5", "--psk", `device-*:${key}`, "--no-verify", "--json", file];
  const run = keep(ownProgram("benchmark", [...common, "--handshake-timeout", "10", ...args]));
  expect(await run.waitForEnd(30_000), run.output).toBe(0);
  return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
}

for (const { flavour, server: program } of libcoap) {
  describe.skipIf(!program.isInstalled)(`our client against coap-server-${flavour}`, () => {
    const all = { responses: 50, retransmissions: 0, transmissionErrors: 0 };

    test("GET", async () => {
      const server = keep(await startLibcoapServer(program, key));
      const uri = `coaps://127.0.0.1:${server.coapsPort}/.well-known/core`;
      const report = await benchmark("--method", "GET", "--requests", "50", uri);
      expect(report).toMatchObject({ ...all, handshakes: 5, failedHandshakes: 0 });
    });

    test("PUT, with the offer of a Connection ID, which libcoap declines", async () => {
      const server = keep(await startLibcoapServer(program, key));
      const uri = `coaps://127.0.0.1:${server.coapsPort}/example_data`;
      const args = ["--method", "PUT", "--requests", "50", "--cid-length", "6"];
      const report = await benchmark(...args, uri);
      expect(report).toMatchObject({ ...all, handshakes: 5, failedHandshakes: 0 });
    });

    test("a separate response", async () => {
      const server = keep(await startLibcoapServer(program, key));
      const uri = `coaps://127.0.0.1:${server.coapsPort}/async?1`;
      const report = await benchmark("--method", "GET", "--requests", "5", uri);
      expect(report).toMatchObject({ responses: 5, retransmissions: 0, transmissionErrors: 0 });
    });

    test("plain CoAP", async () => {
      const server = keep(await startLibcoapServer(program, key));
      const uri = `coap://127.0.0.1:${server.coapPort}/.well-known/core`;
      const report = await benchmark("--method", "GET", "--requests", "50", uri);
      expect(report).toMatchObject(all);
    });

    test("close_notify of the server, which ends", async () => {
      const server = keep(await startLibcoapServer(program, key));
      const client = keep(await LoopbackEndpoint.open({ role: "client" }));
      const connection = client.connect(
        server.coapsPort,
        "device-1",
        new TextEncoder().encode(key),
      );
      await until(() => connection.phase === "connected");
      await server.process.waitFor(/session connected/);
      await server.stop();
      await until(() => client.closed.length === 1);
      expect(client.closed).toEqual([{ kind: "close-notify-received" }]);
    });
  });
}
