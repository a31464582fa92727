import { readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { killAll } from "./support/server-process.ts";
import {
  freePorts,
  isReady,
  type NodePorts,
  type TestNode,
  TestSite,
} from "./support/test-nodes.ts";

// Five connections that Californium saved, the first byte of the file aside; the second one names node 40 in its Connection ID.
const vectors = new URL("../../../packages/state/test/vectors/", import.meta.url);
const state = readFileSync(new URL("cf-state-plain.bin", vectors)).subarray(1);
const NODE_ID = 40;
const HALF = state.length >> 1;
/** Californium's stream when all connections were given before: no component, and the end. */
const empty = Buffer.concat([state.subarray(0, 29), Buffer.of(0xff, 0xff)]);

const site = new TestSite();
const doubles: Server[] = [];
afterEach(async () => {
  await killAll();
  for (const double of doubles.splice(0)) double.close().closeAllConnections();
});
afterAll(() => site.remove());

/** Answers as a node of Californium does; `answer` gets the number of the question, from 1 on. */
async function californium(
  answer: (response: ServerResponse, question: number) => void,
): Promise<number> {
  const pem = readFileSync(join(site.certificates, "https_server_cert.pem"), "utf8");
  const ca = site.authority.certificatePem;
  let questions = 0;
  const server = createServer(
    { key: pem, cert: pem, ca, requestCert: true },
    (request, response) => {
      if (request.method !== "GET" || !request.url?.startsWith("/restore")) {
        response.writeHead(404).end();
        return;
      }
      questions += 1;
      response.writeHead(200).flushHeaders();
      answer(response, questions);
    },
  );
  doubles.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function taker(double: number, ...more: readonly string[]): Promise<TestNode> {
  const [ports] = (await freePorts(1)) as [NodePorts];
  return site.start(ports, { id: NODE_ID, double, more });
}

/** Saved by a connector with a configured name instead of its URI. */
const name = "devices";
const named = Buffer.concat([
  state.subarray(0, 29),
  Buffer.of(0, name.length),
  Buffer.from(name),
  state.subarray(29 + 2 + "dtls://127.0.0.1:5784".length),
]);

describe("a double that is a node of Californium", () => {
  it("takes its time to stop: the taker waits, is not ready, and gets what there is", async () => {
    let asked = (_response: ServerResponse): void => {};
    const question = new Promise<ServerResponse>((resolve) => {
      asked = resolve;
    });
    const node = await taker(await californium((response) => asked(response)));
    const response = await question;
    // Longer than a stream of our own kind may stall.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await isReady(node)).toBe(false);
    response.write(state.subarray(0, HALF));
    response.end(state.subarray(HALF));
    const took = await node.server.event("took-over");
    expect(took).toMatchObject({ from: "californium", connections: 1, refused: 4 });
    await node.server.event("ready");
    expect(await isReady(node)).toBe(true);
    const refused = node.server.lines.filter(({ event }) => event === "connection-refused");
    expect(refused.map(({ reason }) => reason)).toEqual(
      [0x8a, 0x72, 0xd7, 0x3f].map(
        (id) => `its Connection ID names node ${id}, and this is node ${NODE_ID}`,
      ),
    );
  });

  it("breaks off in the middle: nothing is imported, and the taker serves with what the next answer has", async () => {
    const port = await californium((response, question) => {
      if (question > 1) response.end(empty);
      else response.write(state.subarray(0, HALF), () => response.destroy());
    });
    const node = await taker(port);
    const took = await node.server.event("took-over");
    expect(took).toMatchObject({ from: "californium", connections: 0, refused: 0 });
    const problem = node.server.lines.find(({ event }) => event === "handover-problem");
    expect(problem?.["reason"]).toMatch(/broke/);
    await node.server.event("ready");
  });

  it("ends too early: nothing is imported, and the place is named", async () => {
    const port = await californium((response, question) => {
      response.end(question > 1 ? empty : state.subarray(0, HALF));
    });
    const node = await taker(port);
    expect(await node.server.event("took-over")).toMatchObject({ connections: 0, refused: 0 });
    const problem = node.server.lines.find(({ event }) => event === "handover-problem");
    expect(problem?.["reason"]).toMatch(new RegExp(`${HALF}|end`));
  });

  it("has a connector with a name of its own, which an option tells", async () => {
    const port = await californium((response) => response.end(named));
    const node = await taker(port, "--californium-label", name);
    const took = await node.server.event("took-over");
    expect(took).toMatchObject({ connections: 1, refused: 4 });
  });

  it("has one that nobody told of: what is skipped is said, with the option", async () => {
    const port = await californium((response) => response.end(named));
    const node = await taker(port);
    expect(await node.server.event("took-over")).toMatchObject({ connections: 0, refused: 0 });
    const skipped = node.server.lines.find(({ event }) => event === "component-skipped");
    expect(skipped).toMatchObject({ label: name, items: 5 });
    expect(skipped?.["msg"]).toContain("--californium-label");
  });
});

it("a file of a connector with a name of its own is restored when an option tells it", async () => {
  const file = join(site.directory, "named.bin");
  writeFileSync(file, Buffer.concat([Buffer.of(0), named]));
  const [ports] = (await freePorts(1)) as [NodePorts];
  const more = ["--restore", file, "--californium-label", name];
  const { server } = site.start(ports, { id: NODE_ID, more });
  expect(await server.event("restored")).toMatchObject({ connections: 1, refused: 4 });
});
