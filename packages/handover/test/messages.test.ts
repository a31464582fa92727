import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activateInput,
  activateQuery,
  copyLeaseOf,
  parseQuery,
  releaseInputs,
  releaseQuery,
  restoreInput,
  restoreQuery,
} from "../src/index.ts";

const peer = { id: "7f", address: "10.0.0.2:5884" };
const attempt = { taker: "7f", number: 3 };

const asQuery = (query: Readonly<Record<string, string>>) => ({
  get: (name: string): string | null => query[name] ?? null,
});

describe("questions", () => {
  it("arrive as the inputs they stand for", () => {
    expect(parseQuery("restore", asQuery(restoreQuery(peer, 3)))).toEqual({
      type: "restore-requested",
      taker: peer,
      number: 3,
    });
    expect(parseQuery("activate", asQuery(activateQuery(attempt, 1)))).toEqual({
      type: "activate-requested",
      attempt,
      round: 1,
    });
    expect(parseQuery("release", asQuery(releaseQuery(peer, 9, 0)))).toEqual({
      type: "release-requested",
      from: peer,
      generation: 9,
      attempt: 0,
    });
  });

  it("are refused when a parameter is missing, empty, too long or no number", () => {
    const whole = restoreQuery(peer, 3);
    for (const broken of [
      { attempt: "-1" },
      { attempt: "1e3" },
      { taker: "" },
      { address: "x".repeat(129) },
    ]) {
      expect(parseQuery("restore", asQuery({ ...whole, ...broken }))).toBeUndefined();
    }
    expect(parseQuery("activate", asQuery(whole))).toBeUndefined();
  });
});

describe("answers", () => {
  const grant = { generation: 2, range: { next: 3, end: 90 }, spare: { next: 95, end: 100 } };

  it("arrive as the inputs they stand for", () => {
    const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    expect(restoreInput(attempt, overWire({ giver: peer, grant }))).toEqual({
      type: "stream-opened",
      attempt,
      giver: peer,
      grant,
    });
    expect(restoreInput(attempt, { refused: "busy", from: "a" })).toMatchObject({ reason: "busy" });
    expect(activateInput(attempt, 1, { accepted: false })).toMatchObject({
      type: "activate-refused",
    });
    const status = { from: peer, role: "owner", generation: 9 };
    expect(releaseInputs("a", 9, { released: false, status })).toMatchObject([
      { type: "ping-seen", role: "owner" },
    ]);
    const gone = { ...status, role: "relaying", successor: "a" };
    expect(releaseInputs("a", 9, { released: true, status: gone })).toMatchObject([
      { type: "ping-seen", successor: "a" },
      { type: "copy-released", from: "a" },
    ]);
  });

  it("do not grant ranges that overlap", () => {
    const overlapping = { ...grant, spare: { next: 89, end: 100 } };
    expect(restoreInput(attempt, { giver: peer, grant: overlapping })).toBeUndefined();
  });

  it("never throw", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        restoreInput(attempt, value);
        activateInput(attempt, 0, value);
        releaseInputs("a", 0, value);
      }),
    );
  });
});

describe("the giver's lease", () => {
  it("is what it said, if that is a time that a process may be given", () => {
    expect(copyLeaseOf({ copyLeaseMs: 120_000 })).toBe(120_000);
    for (const copyLeaseMs of [0, 999, 86_400_001, 1.5e3 + 0.5, "120000", null]) {
      expect(copyLeaseOf({ copyLeaseMs })).toBeUndefined();
    }
    expect(copyLeaseOf({})).toBeUndefined();
    expect(copyLeaseOf(null)).toBeUndefined();
  });
});
