import { describe, expect, it } from "vitest";
import { Code } from "../src/index.ts";
import { createStation, last } from "./support/wire.ts";

const GET = { code: Code.get };

describe("message ids", () => {
  it("are not used again within EXCHANGE_LIFETIME, however fast the caller is", () => {
    const { endpoint, peer, sent, receive } = createStation();
    const usedAt = new Map<string, number>();
    let refusals = 0;
    let now = 0;
    for (let count = 0; count < 150_000; ) {
      const exchange = endpoint.request(peer, GET, now);
      if (exchange === undefined) {
        refusals += 1;
        const later = endpoint.requestableAt(peer, now);
        expect(later).toBeGreaterThan(now);
        expect(later).toBeLessThanOrEqual(now + 247_000);
        now = later;
        continue;
      }
      count += 1;
      const message = last(sent);
      sent.length = 0;
      const id = message.slice(4, 8);
      if (now - (usedAt.get(id) ?? Number.NEGATIVE_INFINITY) < 247_000) {
        throw new Error(`message id ${id} used again after ${now - (usedAt.get(id) ?? 0)} ms`);
      }
      usedAt.set(id, now);
      receive(`6445${message.slice(4, 16)}`, now);
      now += 1;
    }
    expect(usedAt.size).toBe(65_536);
    expect(refusals).toBeGreaterThan(0);
  });

  it("never run out at the rate that RFC 7252 allows", () => {
    const { endpoint, peer, sent, receive } = createStation();
    for (let count = 0; count < 200_000; count += 1) {
      const now = count * 4.1;
      if (endpoint.request(peer, GET, now) === undefined) throw new Error(`refused at ${now}`);
      receive(`6445${last(sent).slice(4, 16)}`, now);
      sent.length = 0;
    }
  });

  it("are reused at once when asked to, but not while an exchange waits on them", () => {
    const { endpoint, peer, sent, receive } = createStation({ messageIdReuse: "acknowledged" });
    const waiting = endpoint.request(peer, GET, 0)?.messageId;
    for (let count = 0; count < 70_000; count += 1) {
      sent.length = 0;
      const exchange = endpoint.request(peer, GET, 0);
      expect(exchange?.messageId).not.toBe(waiting);
      receive(`6445${last(sent).slice(4, 16)}`, 0);
    }
  });

  it("start at random", () => {
    const first = createStation().endpoint;
    const ids = [1, 2, 3, 4].map(() => first.request(first.openPeer("x"), GET, 0)?.messageId);
    expect(new Set(ids).size).toBe(4);
  });
});
