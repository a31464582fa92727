import { Random } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { readCorpus } from "../src/corpus.ts";
import { type FuzzTarget, promise } from "../src/fuzz-target.ts";
import { fuzz } from "../src/fuzzer.ts";
import { mutate } from "../src/mutate.ts";
import { targets } from "../src/targets.ts";

describe.each(targets)("$name", (target) => {
  it("takes its seeds, what once broke it, and some mutations", () => {
    const corpus = [...readCorpus(target.name).values()];
    let left = target.seeds().length + corpus.length + 60;
    const { finding } = fuzz(target, { seed: 1, corpus, isOver: () => left-- <= 0 });
    expect(finding?.error).toBeUndefined();
  });

  it("does the same for the same input", () => {
    for (const seed of target.seeds()) expect(target.run(seed)).toBe(target.run(seed));
  });
});

describe("the fuzzer", () => {
  const fragile: FuzzTarget = {
    name: "fragile",
    summary: "",
    seeds: () => [Uint8Array.of(1, 2, 3, 4)],
    run(input) {
      promise(!(input[0] === 1 && (input[1] ?? 0) > 127), "the second byte is small");
      return `${input.length}`;
    },
  };

  it("finds what is near its seeds, and says with which input", () => {
    let left = 100_000;
    const { finding } = fuzz(fragile, { seed: 7, corpus: [], isOver: () => left-- <= 0 });
    expect(finding?.error).toMatchObject({ name: "BrokenPromise" });
    expect(() => fragile.run(finding?.input ?? new Uint8Array(0))).toThrow("second byte");
  });

  it("mutates in the same way for the same seed, and never the input itself", () => {
    const input = Uint8Array.of(1, 2, 3, 4);
    const changed = () => mutate(input, input, new Random(3));
    expect(changed()).toEqual(changed());
    expect(input).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});
