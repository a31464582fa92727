import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Balancer, runLoad } from "./support/balanced-load.ts";
import { killAll, ServerProcess } from "./support/server-process.ts";
import { freePorts, type NodePorts, TEST_PSK, TestSite } from "./support/test-nodes.ts";

const site = new TestSite();
afterAll(async () => {
  await killAll();
  site.remove();
});

function start(ports: NodePorts, more: readonly string[]): ServerProcess {
  const coaps = `127.0.0.1:${ports.coaps}`;
  return new ServerProcess(["--coaps", coaps, "--coap", "off", "--psk", TEST_PSK, ...more]);
}

it("saves its connections, and goes on with them after a restart", async () => {
  const [ports] = (await freePorts(1)) as [NodePorts];
  const file = join(site.directory, "node.state");
  const password = join(site.directory, "password");
  writeFileSync(password, "correct horse battery\n");
  const options = ["--save", file, "--restore", file, "--state-password-file", password];
  const first = start(ports, options);
  await first.event("ready");
  expect(first.lines.some((line) => line["event"] === "nothing-to-restore")).toBe(true);
  const balancer = new Balancer([ports]);
  const load = runLoad(balancer, {
    clients: 30,
    durationMs: undefined,
    requests: 3000,
    intervalMs: 50,
    ackTimeoutMs: 1000,
    // A minute of repetitions, so that a slow machine may take its time to restart.
    maxRetransmit: 5,
  });
  await balancer.traffic(300);
  const before = await first.stop();
  expect((await first.ended).code).toBe(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const wrong = join(site.directory, "wrong");
  writeFileSync(wrong, "incorrect horse\n");
  const refused = start(ports, ["--restore", file, "--state-password-file", wrong]);
  expect((await refused.ended).code).toBe(2);
  expect(refused.stderr).toMatch(/^dtls-cluster-server: --restore: .*password.*\n$/);
  expect(existsSync(file)).toBe(true);

  const second = start(ports, options);
  await second.event("restored");
  // Used up before anything is sealed: nobody else can go on from it.
  expect(existsSync(file)).toBe(false);
  const report = await load;
  const after = await second.stop();
  expect(report.problems).toEqual([]);
  expect(report.handshakesUnderLoad).toBe(0);
  expect(before.requests + after.requests).toBe(report.responses);
  balancer.auditor.assertClean();
});
