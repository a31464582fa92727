import { describe, expect, it } from "vitest";
import { Code } from "../src/index.ts";
import { createStation, runUntil, type Station } from "./support/wire.ts";

/** A station that answers every request at once with `size` bytes. */
function answering(options: Parameters<typeof createStation>[0], size = 40): Station {
  const payload = new Uint8Array(size).fill(1);
  const station: Station = createStation(
    { blockwise: false, ...options },
    {
      request: (exchange, request, now) => {
        station.requests.push({ exchange, message: request.copy(), now });
        station.endpoint.respond(exchange, { code: Code.changed, payload }, now);
      },
    },
  );
  return station;
}

const con = (id: number) => `4001${id.toString(16).padStart(4, "0")}`;

describe("deduplication memory", () => {
  it("keeps the newest 32 messages of a peer, and counts what it forgets early", () => {
    const station = answering({});
    for (let id = 0; id < 40; id += 1) station.receive(con(id));
    for (let id = 8; id < 40; id += 1) expect(station.receive(con(id))).toBe("duplicate");
    expect(station.endpoint.stats().forgottenEarly).toBe(8);
    expect(station.receive(con(7))).toBe("request");
  });

  it("keeps less when answers are large, but always the newest", () => {
    const station = answering({}, 3000);
    station.receive(con(1));
    station.receive(con(2));
    expect(station.receive(con(2))).toBe("duplicate");
    expect(station.receive(con(1))).toBe("request");
    const huge = answering({}, 16_000);
    huge.receive(con(1));
    expect(huge.receive(con(1))).toBe("duplicate");
    expect(huge.sent[0]).toBe(huge.sent[1]);
  });

  it("does not grow with the number of requests", () => {
    const station = answering({}, 100);
    for (let round = 0; round < 20_000; round += 1) {
      station.receive(con(round), round);
      station.sent.length = 0;
      station.requests.length = 0;
    }
    expect(station.endpoint.stats().duplicateBytes).toBeLessThanOrEqual(8192);
  });

  it("costs an idle peer nothing: all is dropped after EXCHANGE_LIFETIME", () => {
    const station = answering({});
    station.receive(con(1), 0);
    station.receive(con(2), 100_000);
    runUntil(station.endpoint, 247_000);
    expect(station.endpoint.stats().duplicateBytes).toBeGreaterThan(0);
    runUntil(station.endpoint, 347_000);
    expect(station.endpoint.stats().duplicateBytes).toBe(0);
    expect(station.endpoint.nextTimeout()).toBeUndefined();
    expect(station.endpoint.stats().forgottenEarly).toBe(0);
  });

  it("is bounded over all peers: the longest idle one is forgotten first", () => {
    const station = answering({ limits: { maxDuplicateBytes: 1024 } });
    const { endpoint } = station;
    const peers = Array.from({ length: 20 }, (_, index) => endpoint.openPeer(`${index}`));
    const message = Uint8Array.of(0x40, 1, 0, 1);
    peers.forEach((peer, index) => void endpoint.receive(peer, message, index));
    expect(endpoint.stats().duplicateBytes).toBeLessThanOrEqual(1024);
    const outcomes = peers.toReversed().map((peer) => endpoint.receive(peer, message, 30));
    expect(outcomes.slice(0, 8)).toEqual(Array(8).fill("duplicate"));
    expect(outcomes.at(-1)).toBe("request");
  });

  it("belongs to the peer: two peers may use the same message id", () => {
    const station = answering({});
    const other = station.endpoint.openPeer("other");
    const message = Uint8Array.of(0x40, 1, 0, 1);
    expect(station.receive(message)).toBe("request");
    expect(station.endpoint.receive(other, message, 0)).toBe("request");
  });
});
