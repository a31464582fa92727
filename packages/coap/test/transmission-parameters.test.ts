import { describe, expect, it } from "vitest";
import { CoapUsageError, createCoapEndpoint, deriveParameters } from "../src/index.ts";
import { seededEntropy } from "./support/wire.ts";

describe("transmission parameters", () => {
  it("have the values of RFC 7252 section 4.8", () => {
    expect(deriveParameters()).toMatchObject({
      ackTimeoutMs: 2000,
      ackRandomFactor: 1.5,
      maxRetransmit: 4,
      maxTransmitSpanMs: 45_000,
      maxTransmitWaitMs: 93_000,
      exchangeLifetimeMs: 247_000,
      nonLifetimeMs: 145_000,
    });
  });

  it("follow what they derive from", () => {
    expect(
      deriveParameters({ ackTimeoutMs: 1000, ackRandomFactor: 1, maxRetransmit: 5 }),
    ).toMatchObject({
      maxTransmitSpanMs: 31_000,
      maxTransmitWaitMs: 63_000,
      exchangeLifetimeMs: 232_000,
    });
  });

  it.each([
    { parameters: { ackTimeoutMs: 0 } },
    { parameters: { ackRandomFactor: 0.9 } },
    { parameters: { maxRetransmit: 1.5 } },
    { parameters: { maxLatencyMs: -1 } },
    { limits: { maxDuplicatesPerPeer: 0 } },
    { limits: { maxMessageLength: 70_000 } },
    { responseTimeoutMs: 0 },
  ])("and limits out of range are refused: %j", (options) => {
    const create = () =>
      createCoapEndpoint({ entropy: seededEntropy(), ...options }, { transmit: () => {} });
    expect(create).toThrow(CoapUsageError);
  });
});
