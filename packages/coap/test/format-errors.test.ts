import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStation } from "./support/wire.ts";

describe("messages that are no proper request or response (RFC 7252 sections 4.2 and 4.3)", () => {
  it.each([
    ["CON ping", "40001234", "ping", ["70001234"]],
    ["NON empty", "50001234", "ping", ["70001234"]],
    ["CON empty with a token", "41001234 01", "malformed", ["70001234"]],
    ["CON with token length 9", "49011234 010203040506070809", "malformed", ["70001234"]],
    ["CON with a cut option", "40011234 b4 61", "malformed", ["70001234"]],
    ["CON with an empty payload", "40011234 ff", "malformed", ["70001234"]],
    ["CON with a code of reserved class 1", "40201234", "malformed", ["70001234"]],
    ["CON with a code of reserved class 7", "40e01234", "malformed", ["70001234"]],
    ["NON with a cut option", "50011234 b4 61", "malformed", []],
    ["NON with a code of reserved class 6", "50c01234", "malformed", []],
    ["ACK with a request code", "60011234", "malformed", []],
    ["RST with a code", "70451234", "malformed", []],
    ["another version", "80011234", "malformed", []],
    ["three bytes", "400112", "malformed", []],
    ["ACK of nothing", "60001234", "acknowledgement", []],
    ["RST of nothing", "70001234", "reset", []],
    ["CON response without request", "44451234 01020304", "unmatched", ["70001234"]],
    ["NON response without request", "54451234 01020304", "unmatched", ["70001234"]],
    ["ACK response without request", "64451234 01020304", "unmatched", []],
    ["CON response with a foreign token", "42451234 0102", "unmatched", ["70001234"]],
  ])("%s", (_name, text, outcome, answers) => {
    const { receive, sent, requests, responses } = createStation();
    expect(receive(text)).toBe(outcome);
    expect(sent).toEqual(answers);
    expect(requests).toHaveLength(0);
    expect(responses).toHaveLength(0);
  });

  it("never throw, have one outcome each, and get at most one message of at most their size", () => {
    const { receive, endpoint, sent } = createStation();
    let total = 0;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 0, max: 3 }),
        (noise, type) => {
          if (noise.length > 0) noise[0] = 0x40 | (type << 4) | ((noise[0] ?? 0) & 15);
          const before = sent.length;
          receive(noise);
          total += 1;
          expect(sent.length - before).toBeLessThanOrEqual(1);
          if (sent.length > before) expect((sent.at(-1) ?? "").length / 2).toBeLessThanOrEqual(12);
        },
      ),
      { numRuns: 3000 },
    );
    const counted = Object.values(endpoint.stats().received).reduce((sum, n) => sum + n, 0);
    expect(counted).toBe(total);
  });
});
