import { Random } from "@dtls-cluster/testkit";
import { learn, type Machine, predict } from "./learn.ts";
import { Observations, type Word } from "./observations.ts";
import type { Role } from "./system.ts";

export interface ExamineOptions {
  /** Symbols of the longest word that leads to a new state. */
  readonly depth: number;
  /** Symbols between a state and the probes, all of them: finds states that hide so deep behind known ones. */
  readonly hidden: number;
  /** All words of so many symbols are run, whatever has been learned. */
  readonly exhaustive: number;
  /** Words of twice the depth, drawn by chance. */
  readonly random: number;
}

export interface Examination {
  readonly machine: Machine;
  readonly words: number;
  /** Where the engine does something else than the specification, or what no implementation may do. */
  readonly findings: readonly string[];
}

const MAX_FINDINGS = 10;

/**
 * Learns the engine's machine, then asks for every state, every continuation and every probe whether engine, learned
 * machine and specification say the same; what the machine did not know is learned, and all begins again.
 */
export function examine(role: Role, options: ExamineOptions): Examination {
  const engine = new Observations(role.engine);
  const specification = new Observations(role.specification);
  const probes: Word[] = [...role.alphabet.map((symbol) => [symbol]), ...role.endings];
  for (;;) {
    const machine = learn(engine, role.alphabet, probes, options.depth);
    const findings: string[] = [];
    let surprise: Word | undefined;
    for (const word of wordsToTry(machine, role.alphabet, probes, options)) {
      const outputs = engine.outputs(word);
      const finding = differs(word, outputs, specification.outputs(word)) ?? breach(word, outputs);
      if (finding !== undefined && findings.push(finding) >= MAX_FINDINGS) break;
      const predicted = predict(machine, word);
      const at = predicted.findIndex((output, index) => output !== outputs[index]);
      if (at >= 0) {
        surprise = word.slice(0, at + 1);
        break;
      }
    }
    if (surprise === undefined || findings.length > 0) {
      return { machine, words: engine.asked, findings };
    }
    addProbes(probes, surprise);
  }
}

/** All its ends become probes (Maler and Pnueli). */
function addProbes(probes: Word[], surprise: Word): void {
  const known = new Set(probes.map((probe) => probe.join(" ")));
  for (let start = surprise.length - 2; start > 0; start -= 1) {
    const end = surprise.slice(start);
    if (!known.has(end.join(" "))) probes.push(end);
  }
}

function* wordsToTry(
  machine: Machine,
  alphabet: readonly string[],
  probes: readonly Word[],
  { depth, hidden, exhaustive, random }: ExamineOptions,
): Generator<Word> {
  for (const { access } of machine) {
    for (const middle of wordsOf(alphabet, hidden)) {
      for (const probe of probes) yield [...access, ...middle, ...probe];
    }
  }
  yield* wordsOf(alphabet, exhaustive);
  const chance = new Random(7);
  for (let left = random; left > 0; left -= 1) {
    yield Array.from({ length: 2 * depth }, () => alphabet[chance.integer(alphabet.length)] ?? "");
  }
}

function* wordsOf(alphabet: readonly string[], length: number): Generator<Word> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const symbol of alphabet) {
    for (const rest of wordsOf(alphabet, length - 1)) yield [symbol, ...rest];
  }
}

function differs(
  word: Word,
  outputs: readonly string[],
  expected: readonly string[],
): string | undefined {
  const at = outputs.findIndex((output, index) => output !== expected[index]);
  if (at < 0) return undefined;
  return `${word.slice(0, at + 1).join(" ")}: "${outputs[at]}", specified is "${expected[at]}"`;
}

/** Data without Finished of both sides, told from the outputs alone, without any specification. */
export function breach(word: Word, outputs: readonly string[]): string | undefined {
  let hasPeerFinished = false;
  let hasOwnFinished = false;
  for (const [index, output] of outputs.entries()) {
    hasPeerFinished ||= word[index] === "finished";
    hasOwnFinished ||= output.includes("Finished*");
    const isReached = output.includes("(connected)") || output.includes("(data)");
    if (isReached && !(hasPeerFinished && hasOwnFinished)) {
      return `${word.slice(0, index + 1).join(" ")}: "${output}" without Finished of both sides`;
    }
  }
  return undefined;
}
