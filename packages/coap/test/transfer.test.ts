import { describe, expect, it } from "vitest";
import { type CoapPeerState, CoapUsageError, Code } from "../src/index.ts";
import { bytes, createStation, decoded, last, runUntil } from "./support/wire.ts";

const CON = "42011234 aabb b1 61";

describe("the state of a peer, taken to another process", () => {
  it("answers a repeated request there as here, without executing it", () => {
    const old = createStation();
    old.receive(CON, 1000);
    old.endpoint.respond(last(old.requests).exchange, { code: Code.changed }, 1000);
    const state = old.endpoint.exportPeer(old.peer, 4000);
    expect(state.duplicates).toEqual([
      { messageId: 0x1234, kind: 0, ageMs: 3000, answer: bytes("62441234aabb") },
    ]);

    const young = createStation();
    young.endpoint.importPeer(young.peer, state, 900_000);
    expect(young.receive(CON, 900_000)).toBe("duplicate");
    expect(young.sent).toEqual(["62441234aabb"]);
    expect(young.receive(CON, 900_000 + 243_999)).toBe("duplicate");
    expect(young.receive(CON, 900_000 + 244_001)).toBe("request");
  });

  it("keeps the age when the new clock started later than the request came", () => {
    const old = createStation();
    old.receive(CON, 1_000_000);
    old.endpoint.respond(last(old.requests).exchange, { code: Code.changed }, 1_000_000);
    const state = old.endpoint.exportPeer(old.peer, 1_100_000);
    const young = createStation();
    young.endpoint.importPeer(young.peer, state, 10);
    expect(young.receive(CON, 20)).toBe("duplicate");
    expect(young.receive(CON, 147_011)).toBe("request");
  });

  it("does not execute again what was executed without an answer yet", () => {
    const old = createStation();
    old.receive(CON);
    const young = createStation();
    young.endpoint.importPeer(young.peer, old.endpoint.exportPeer(old.peer, 10), 10);
    expect(young.receive(CON, 20)).toBe("duplicate");
    expect(young.sent).toEqual([]);

    old.endpoint.respond(last(old.requests).exchange, { code: Code.changed }, 30);
    young.endpoint.importPeer(young.peer, old.endpoint.exportPeer(old.peer, 30), 30);
    expect(young.receive(CON, 40)).toBe("duplicate");
    expect(young.sent).toEqual(["62441234aabb"]);
  });

  it("goes on with a separate response until it is acknowledged", () => {
    const old = createStation();
    old.receive(CON);
    old.endpoint.accept(last(old.requests).exchange, 0);
    old.endpoint.respond(last(old.requests).exchange, { code: Code.content }, 0);
    const response = last(old.sent);
    const state = old.endpoint.exportPeer(old.peer, 10);

    const young = createStation();
    young.endpoint.importPeer(young.peer, state, 10);
    young.endpoint.importPeer(young.peer, state, 10);
    expect(young.sent).toEqual([]);
    expect(young.receive(CON, 20)).toBe("duplicate");
    expect(young.sent).toEqual(["60001234"]);
    young.endpoint.handleTimeout(young.endpoint.nextTimeout() ?? 0);
    expect(young.sent).toEqual(["60001234", response]);
    expect(young.receive(`6000${response.slice(4, 8)}`, 4000)).toBe("acknowledgement");
    runUntil(young.endpoint, 1_000_000);
    expect(young.sent).toHaveLength(2);
  });

  it("forgets a separate response that a later export does not list any more", () => {
    const old = createStation();
    old.receive(CON);
    old.endpoint.accept(last(old.requests).exchange, 0);
    old.endpoint.respond(last(old.requests).exchange, { code: Code.content }, 0);
    const young = createStation();
    young.endpoint.importPeer(young.peer, old.endpoint.exportPeer(old.peer, 10), 10);
    old.receive(`6000${last(old.sent).slice(4, 8)}`, 20);
    young.endpoint.importPeer(young.peer, old.endpoint.exportPeer(old.peer, 30), 30);
    runUntil(young.endpoint, 1_000_000);
    expect(young.sent).toEqual([]);
  });

  it("can be taken in parts: the mark of one export selects what came after it", () => {
    const old = createStation();
    old.receive("40010001");
    old.endpoint.respond(last(old.requests).exchange, { code: Code.changed }, 0);
    const first = old.endpoint.exportPeer(old.peer, 1);
    expect(old.peer.mark).toBe(first.mark);
    old.receive("40010002");
    old.endpoint.respond(last(old.requests).exchange, { code: Code.changed }, 2);
    expect(old.peer.mark).toBeGreaterThan(first.mark);
    const second = old.endpoint.exportPeer(old.peer, 3, first.mark);
    expect(second.duplicates.map(({ messageId }) => messageId)).toEqual([2]);

    const young = createStation();
    young.endpoint.importPeer(young.peer, first, 5);
    young.endpoint.importPeer(young.peer, second, 5);
    expect(young.receive("40010001", 6)).toBe("duplicate");
    expect(young.receive("40010002", 6)).toBe("duplicate");
    expect(young.requests).toHaveLength(0);
  });

  it("goes on with the next message id", () => {
    const old = createStation();
    old.endpoint.request(old.peer, { code: Code.get }, 0);
    const used = decoded(last(old.sent)).messageId;
    const young = createStation({}, {});
    young.endpoint.importPeer(young.peer, old.endpoint.exportPeer(old.peer, 1), 1);
    young.endpoint.request(young.peer, { code: Code.get }, 2);
    expect(decoded(last(young.sent)).messageId).toBe((used + 1) & 0xffff);
  });

  it("is refused as a whole when it is malformed", () => {
    const { endpoint, peer, receive } = createStation();
    const good = { messageId: 1, kind: 0, ageMs: 0, answer: bytes("60440001") } as const;
    const state: CoapPeerState = {
      nextMessageId: 5,
      duplicates: [good],
      unacknowledged: [],
      mark: 0,
    };
    const wrong: CoapPeerState[] = [
      { ...state, nextMessageId: 65_536 },
      { ...state, duplicates: [good, { ...good, messageId: -1 }] },
      { ...state, duplicates: [good, { ...good, ageMs: Number.NaN }] },
      { ...state, duplicates: [good, { ...good, answer: bytes("6044") }] },
      { ...state, unacknowledged: [bytes("00")] },
    ];
    for (const bad of wrong) {
      expect(() => endpoint.importPeer(peer, bad, 0)).toThrow(CoapUsageError);
    }
    expect(receive("40010001")).toBe("request");
  });
});
