import { describe, expect, it } from "vitest";
import { CoapUsageError, Code, requestOptions } from "../src/index.ts";
import { createStation, decoded, last, runUntil, type Station } from "./support/wire.ts";

const GET = { code: Code.get, options: requestOptions("/a") };

/** Sends a GET at 0 and returns its message id and token as hex. */
function get(station: Station): { mid: string; token: string } {
  station.endpoint.request(station.peer, GET, 0, "mine");
  const message = last(station.sent);
  return { mid: message.slice(4, 8), token: message.slice(8, 16) };
}

describe("own requests", () => {
  it("end with the response in the acknowledgement", () => {
    const station = createStation();
    const { mid, token } = get(station);
    expect(decoded(last(station.sent))).toMatchObject({ type: 0, code: 1, path: "/a" });
    expect(station.receive(`6445${mid}${token}ff4f4b`, 30)).toBe("response");
    expect(last(station.responses).message.text).toBe("OK");
    expect(last(station.responses).exchange).toMatchObject({
      attachment: "mine",
      isOpen: false,
      retransmissions: 0,
      startedAt: 0,
    });
    runUntil(station.endpoint, 1_000_000);
    expect(station.sent).toHaveLength(1);
    expect(station.receive(`6445${mid}${token}ff4f4b`, 40)).toBe("unmatched");
    expect(station.sent).toHaveLength(1);
  });

  it("are sent again with doubled timeouts, then fail after MAX_TRANSMIT_WAIT at the latest", () => {
    const station = createStation();
    get(station);
    const times: number[] = [];
    for (let due = station.endpoint.nextTimeout(); due !== undefined; ) {
      times.push(due);
      station.endpoint.handleTimeout(due);
      due = station.endpoint.nextTimeout();
    }
    const first = times[0] ?? 0;
    expect(first).toBeGreaterThanOrEqual(2000);
    expect(first).toBeLessThanOrEqual(3000);
    expect(times.map((time) => Math.round(time / first))).toEqual([1, 3, 7, 15, 31]);
    expect(new Set(station.sent).size).toBe(1);
    expect(station.sent).toHaveLength(5);
    expect(last(station.failures)).toMatchObject({ reason: "timeout", now: last(times) });
    expect(last(station.failures).exchange.retransmissions).toBe(4);
    expect(station.endpoint.stats()).toMatchObject({ retransmissions: 4, failures: 1 });
  });

  it("take their own ACK_TIMEOUT and MAX_RETRANSMIT", () => {
    const station = createStation({ parameters: { ackRandomFactor: 1 } });
    station.endpoint.request(station.peer, { ...GET, ackTimeoutMs: 100, maxRetransmit: 1 }, 0);
    expect(station.endpoint.nextTimeout()).toBe(100);
    runUntil(station.endpoint, 299);
    expect(station.failures).toHaveLength(0);
    runUntil(station.endpoint, 300);
    expect(last(station.failures).reason).toBe("timeout");
  });

  it("wait for a separate response after the empty acknowledgement, and acknowledge it", () => {
    const station = createStation();
    const { mid, token } = get(station);
    expect(station.receive(`6000${mid}`, 10)).toBe("acknowledgement");
    runUntil(station.endpoint, 20_000);
    expect(station.sent).toHaveLength(1);
    expect(station.receive(`4445beef${token}`, 20_000)).toBe("response");
    expect(last(station.sent)).toBe("6000beef");
    expect(station.receive(`4445beef${token}`, 21_000)).toBe("duplicate");
    expect(station.sent).toHaveLength(3);
    expect(last(station.sent)).toBe("6000beef");
    expect(station.responses).toHaveLength(1);
  });

  it("accept the separate response before, or instead of, the acknowledgement", () => {
    const station = createStation();
    const { mid, token } = get(station);
    expect(station.receive(`5445beef${token}`, 10)).toBe("response");
    expect(station.receive(`6000${mid}`, 11)).toBe("acknowledgement");
    expect(station.sent).toHaveLength(1);
    runUntil(station.endpoint, 1_000_000);
    expect(station.sent).toHaveLength(1);
    expect(station.failures).toHaveLength(0);
  });

  it("fail when no separate response follows the acknowledgement", () => {
    const station = createStation({ responseTimeoutMs: 30_000 });
    const { mid } = get(station);
    station.receive(`6000${mid}`, 10);
    runUntil(station.endpoint, 30_009);
    expect(station.failures).toHaveLength(0);
    runUntil(station.endpoint, 30_010);
    expect(last(station.failures).reason).toBe("timeout");
  });

  it("fail at RST", () => {
    const station = createStation();
    const { mid } = get(station);
    expect(station.receive(`7000${mid}`)).toBe("reset");
    expect(last(station.failures).reason).toBe("reset");
    expect(station.receive(`7000${mid}`)).toBe("reset");
    expect(station.failures).toHaveLength(1);
  });

  it("refuse a piggybacked response of another message id or with another token", () => {
    const station = createStation();
    const { mid, token } = get(station);
    const other = mid === "0000" ? "0001" : "0000";
    expect(station.receive(`6445${other}${token}`)).toBe("unmatched");
    expect(station.receive(`6445${mid}00000000`)).toBe("unmatched");
    expect(station.responses).toHaveLength(0);
    expect(station.receive(`6445${mid}${token}`)).toBe("response");
  });

  it("fail when the response has a critical option that is not understood", () => {
    const station = createStation();
    const { mid, token } = get(station);
    expect(station.receive(`6445${mid}${token} 90`)).toBe("bad-option");
    expect(last(station.failures).reason).toBe("rejected");
    const separate = createStation();
    expect(separate.receive(`4445beef${get(separate).token} 90`)).toBe("bad-option");
    expect(last(separate.sent)).toBe("7000beef");
  });

  it("without confirmation are sent once and wait for their response", () => {
    const station = createStation({ responseTimeoutMs: 1000 });
    station.endpoint.request(station.peer, { ...GET, confirmable: false }, 0);
    const token = last(station.sent).slice(8, 16);
    expect(decoded(last(station.sent)).type).toBe(1);
    expect(station.receive(`5445beef${token}`, 10)).toBe("response");
    expect(station.receive(`5445beef${token}`, 11)).toBe("duplicate");
    station.endpoint.request(station.peer, { ...GET, confirmable: false }, 20);
    runUntil(station.endpoint, 1020);
    expect(last(station.failures).reason).toBe("timeout");
    expect(station.sent).toHaveLength(2);
  });

  it("can be cancelled: nothing is told any more", () => {
    const station = createStation();
    const exchange = station.endpoint.request(station.peer, GET, 0);
    if (exchange === undefined) throw new Error("refused");
    const token = last(station.sent).slice(8, 16);
    station.endpoint.cancel(exchange);
    station.endpoint.cancel(exchange);
    expect(station.receive(`4445beef${token}`)).toBe("unmatched");
    expect(last(station.sent)).toBe("7000beef");
    runUntil(station.endpoint, 1_000_000);
    expect([...station.responses, ...station.failures]).toHaveLength(0);
  });

  it("fail when their peer is closed, which takes and sends nothing from then on", () => {
    const station = createStation();
    const { mid, token } = get(station);
    station.endpoint.closePeer(station.peer, 5);
    station.endpoint.closePeer(station.peer, 5);
    expect(station.failures.map(({ reason }) => reason)).toEqual(["closed"]);
    expect(station.receive(`6445${mid}${token}`)).toBe("closed");
    expect(station.endpoint.request(station.peer, GET, 6)).toBeUndefined();
    expect(station.endpoint.requestableAt(station.peer, 6)).toBe(Number.POSITIVE_INFINITY);
    expect(station.endpoint.nextTimeout()).toBeUndefined();
    expect(station.endpoint.stats().peers).toBe(0);
  });

  it("are bounded per peer", () => {
    const station = createStation({ limits: { maxExchangesPerPeer: 2 } });
    const first = get(station);
    get(station);
    expect(station.endpoint.request(station.peer, GET, 0)).toBeUndefined();
    expect(station.endpoint.requestableAt(station.peer, 0)).toBe(Number.POSITIVE_INFINITY);
    station.receive(`6445${first.mid}${first.token}`);
    expect(station.endpoint.requestableAt(station.peer, 0)).toBe(0);
    expect(station.endpoint.request(station.peer, GET, 0)).toBeDefined();
  });

  it("can be sent from within a response, with each message intact", () => {
    let left = 3;
    const station: Station = createStation(
      {},
      {
        response: () => {
          left -= 1;
          if (left > 0) station.endpoint.request(station.peer, GET, 0);
        },
      },
    );
    get(station);
    while (left > 0) {
      const message = last(station.sent);
      station.receive(`6445${message.slice(4, 16)}`);
    }
    expect(new Set(station.sent).size).toBe(3);
  });

  it("must be well-formed", () => {
    const { endpoint, peer, sent } = createStation({ limits: { maxMessageLength: 64 } });
    const wrong = [
      { code: 0 },
      { code: Code.content },
      { code: 1, payload: new Uint8Array(64) },
      { code: 1, ackTimeoutMs: 0 },
      { code: 1, maxRetransmit: 21 },
    ];
    for (const request of wrong) {
      expect(() => endpoint.request(peer, request, 0)).toThrow(CoapUsageError);
    }
    expect(sent).toHaveLength(0);
    expect(endpoint.requestableAt(peer, 0)).toBe(0);
  });
});
