import { expect, it } from "vitest";
import { fittingJson } from "../src/resources/diagnose.ts";

it("fits one record whatever it has to say", () => {
  const counters = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`outcome${index}`, index * 1e9]),
  );
  const snapshot = { nodeId: 1, requests: 12, dtls: counters, coap: { received: 7 } };
  const short = JSON.parse(fittingJson(snapshot, 200)) as Record<string, unknown>;
  expect(short).toEqual({ nodeId: 1, requests: 12, coap: { received: 7 }, omitted: ["dtls"] });
  expect(JSON.parse(fittingJson(snapshot, 10_000))).toEqual(snapshot);
  expect(fittingJson(snapshot, 2)).toBe("{}");
});
