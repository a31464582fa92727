import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CoapEndpoint,
  type CoapPeer,
  Code,
  createCoapEndpoint,
  requestOptions,
  type ServerExchange,
} from "../src/index.ts";
import { seededEntropy } from "./support/wire.ts";

/** What the network does to one message: when each of its copies arrives, in ms; none: lost. */
type Fate = readonly number[];

interface Flight {
  readonly at: number;
  readonly toServer: boolean;
  readonly message: Uint8Array;
}

/** How the server answers: at once, accepted and later, or later without a word. */
type Manner = "piggybacked" | "separate" | "late";

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([20]) },
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 3 }) },
);

describe("a confirmable request over a network that loses, repeats and reorders", () => {
  it("runs at most once, and ends with exactly one result", () => {
    fc.assert(
      fc.property(
        fc.array(fate, { maxLength: 60 }),
        fc.array(fc.constantFrom<Manner>("piggybacked", "separate", "late"), {
          minLength: 6,
          maxLength: 6,
        }),
        fc.boolean(),
        (fates, manners, handsOver) => {
          const { executions, results, answered } = simulate(fates, manners, handsOver);
          expect(results).toEqual(Array(manners.length).fill(1));
          for (const count of executions) expect(count).toBeLessThanOrEqual(1);
          // A response is the proof of an execution.
          answered.forEach((isAnswered, index) => {
            if (isAnswered) expect(executions[index]).toBe(1);
          });
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** One client runs one request after another; the server may hand over to another one half-way. */
function simulate(fates: readonly Fate[], manners: readonly Manner[], handsOver: boolean) {
  const executions: number[] = Array(manners.length).fill(0);
  const results: number[] = Array(manners.length).fill(0);
  const answered: boolean[] = Array(manners.length).fill(false);
  const flights: Flight[] = [];
  const later: { at: number; exchange: ServerExchange<string> }[] = [];
  let now = 0;
  let sentCount = 0;
  const send = (toServer: boolean) => (_peer: CoapPeer<string>, message: Uint8Array) => {
    const copies = fates[sentCount] ?? [20];
    sentCount += 1;
    for (const delay of copies)
      flights.push({ at: now + delay, toServer, message: message.slice() });
  };
  const createServer = (seed: number): CoapEndpoint<string> =>
    createCoapEndpoint<string>(
      { entropy: seededEntropy(seed) },
      {
        transmit: send(false),
        request: (exchange, request) => {
          const index = request.payload[0] ?? -1;
          executions[index] = (executions[index] ?? 0) + 1;
          const manner = manners[index];
          if (manner === "separate") server.accept(exchange, now);
          if (manner === "piggybacked") {
            server.respond(exchange, { code: Code.changed, payload: request.payload }, now);
          } else {
            exchange.attachment = request.payload.slice();
            later.push({ at: now + 4000, exchange });
          }
        },
      },
    );
  let server = createServer(7);
  let serverPeer = server.openPeer("client");
  const finish = (index: number) => {
    results[index] = (results[index] ?? 0) + 1;
    if (index + 1 < manners.length) start(index + 1);
  };
  const client = createCoapEndpoint<string>(
    { entropy: seededEntropy(9) },
    {
      transmit: send(true),
      response: (exchange, response) => {
        const index = exchange.attachment as number;
        expect(response.payload).toEqual(Uint8Array.of(index));
        answered[index] = true;
        finish(index);
      },
      failed: (exchange) => finish(exchange.attachment as number),
    },
  );
  const clientPeer = client.openPeer("server");
  const options = requestOptions("/x");
  const start = (index: number) =>
    void client.request(
      clientPeer,
      { code: Code.post, options, payload: Uint8Array.of(index) },
      now,
      index,
    );
  start(0);
  for (let step = 0; step < 10_000; step += 1) {
    if (handsOver && step === 9) {
      const young = createServer(8);
      const youngPeer = young.openPeer("client");
      young.importPeer(youngPeer, server.exportPeer(serverPeer, now), now);
      server.closePeer(serverPeer, now);
      server = young;
      serverPeer = youngPeer;
    }
    const times = [
      ...flights.map(({ at }) => at),
      ...later.map(({ at }) => at),
      client.nextTimeout() ?? Number.POSITIVE_INFINITY,
      server.nextTimeout() ?? Number.POSITIVE_INFINITY,
    ];
    const next = Math.min(...times);
    if (next === Number.POSITIVE_INFINITY) return { executions, results, answered };
    now = next;
    const flight = flights.findIndex(({ at }) => at === now);
    const answer = later.findIndex(({ at }) => at === now);
    if (flight >= 0) {
      const [arrived] = flights.splice(flight, 1);
      if (arrived === undefined) continue;
      if (arrived.toServer) server.receive(serverPeer, arrived.message, now);
      else client.receive(clientPeer, arrived.message, now);
    } else if (answer >= 0) {
      const [due] = later.splice(answer, 1);
      if (due === undefined || due.exchange.peer !== serverPeer) continue;
      const payload = due.exchange.attachment as Uint8Array;
      server.respond(due.exchange, { code: Code.changed, payload }, now);
    } else {
      client.handleTimeout(now);
      server.handleTimeout(now);
    }
  }
  throw new Error("the simulation does not end");
}
