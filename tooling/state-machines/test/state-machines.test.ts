import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { documentFile, documentOf } from "../src/document.ts";
import { breach, examine } from "../src/examine.ts";
import { roles } from "../src/roles.ts";
import type { Role, System } from "../src/system.ts";

const shallow = { depth: 2, hidden: 0, exhaustive: 1, random: 0 };

/** The role with an engine that answers one symbol in another way. */
function changed(role: Role, symbol: string, answer: string): Role {
  const engine = (): System => {
    const system = role.engine();
    return {
      step: (next) => {
        const output = system.step(next);
        return next === symbol ? answer : output;
      },
    };
  };
  return { ...role, engine };
}

describe("every message in every state", () => {
  const options = { depth: 7, hidden: 0, exhaustive: 2, random: 200 };
  const examinations = roles.map((role) => examine(role, options));

  it.each(roles.map(({ name }, index) => [name, index] as const))(
    "has the effect on the %s that the RFCs specify, and none leads to data without Finished of both sides",
    (_name, index) => {
      expect(examinations[index]?.findings).toEqual([]);
      expect(examinations[index]?.machine.length).toBeGreaterThan(15);
    },
  );

  it("is shown as it is in docs/state-machines.md (npm run state-machines -- --write)", () => {
    expect(readFileSync(documentFile, "utf8")).toBe(documentOf(examinations));
  });
});

describe.each(roles)("the examination of the $name", (role) => {
  it.each([
    ["close-0", "(closed)"],
    ["data-0", "(data)"],
    ["other-cid", "alert 20"],
    ["hello-request-0", "alert 100"],
  ])("finds an engine that answers %s with %s", (symbol, answer) => {
    const { findings } = examine(changed(role, symbol, answer), shallow);
    expect(findings[0]).toContain(`"${answer}", specified is "-"`);
  });

  it("finds an engine with another alert for a wrong Finished", () => {
    const good = role.specification;
    const other = (): System => {
      const system = good();
      return { step: (symbol) => system.step(symbol).replace("alert 51", "alert 20") };
    };
    const { findings } = examine(
      { ...role, specification: other },
      { depth: 4, hidden: 0, exhaustive: 0, random: 0 },
    );
    expect(findings.length).toBeGreaterThan(0);
  });
});

it("knows data without Finished when it sees it", () => {
  const outputs = ["-", "ChangeCipherSpec, Finished*", "(data)"];
  expect(breach(["ccs", "key-exchange", "data-1"], outputs)).toContain("without Finished");
  expect(breach(["ccs", "finished", "data-1"], outputs)).toBeUndefined();
});

it("a client answers four HelloVerifyRequests and no fifth one (RFC 6347 section 4.2.1)", () => {
  for (const role of roles.filter(({ name }) => name === "client")) {
    const [engine, specification] = [role.engine(), role.specification()];
    const word = Array.from({ length: 6 }, () => "hello-verify");
    const outputs = word.map((symbol) => engine.step(symbol));
    expect(outputs.slice(3)).toEqual(["ClientHello", "alert 40, (closed)", "-"]);
    expect(word.map((symbol) => specification.step(symbol))).toEqual(outputs);
  }
});
