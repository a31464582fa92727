import { describe, expect, it } from "vitest";
import { DeployError, KubeError, UsageError } from "../../src/errors.ts";
import type { Observation, PodView } from "../../src/plan/observation.ts";
import { simulateAction, simulateEvents } from "../../src/plan/simulate.ts";
import { planUpdate0 } from "../../src/plan/update0-plan.ts";
import { createTextReporter } from "../../src/report/reporter.ts";
import { createDryRun } from "../../src/run/dry-run.ts";
import { PlanRun, type RunOptions, type Surroundings } from "../../src/run/run-plan.ts";
import { installed } from "../support/observations.ts";

const OPTIONS: RunOptions = {
  image: "server:2",
  intervalMs: 2000,
  patience: { readyMs: 60_000, problemMs: 10_000 },
  drain: { quietMs: 10_000, blindMs: 120_000, limitMs: 240_000 },
};

/** A cluster in which one thing happens every two seconds of virtual time. */
class Rehearsal {
  readonly lines: string[] = [];
  observation: Observation = installed({});
  /** What happens to an observation before the command sees it. */
  lens: (observation: Observation) => Observation = (observation) => observation;
  failures: KubeError[] = [];
  #now = 0;

  surroundings(): Surroundings {
    const output = {
      print: (line: string) => void this.lines.push(line),
      warn: (line: string) => void this.lines.push(line),
      wallTime: () => new Date(0),
    };
    return {
      observe: async () => {
        const failure = this.failures.shift();
        if (failure !== undefined) throw failure;
        return this.lens(this.observation);
      },
      perform: async (action) => {
        this.observation = simulateAction(this.observation, action);
      },
      now: () => this.#now,
      sleep: async (ms) => {
        this.#now += ms;
        const [next] = simulateEvents(this.observation);
        if (next !== undefined) this.observation = next;
      },
      reporter: createTextReporter(output, (colour) => `server-${colour}`),
      isDryRun: false,
    };
  }

  run(change: Partial<RunOptions> = {}): Promise<void> {
    return new PlanRun(planUpdate0, { ...OPTIONS, ...change }, this.surroundings()).run();
  }
}

function changePods(
  change: (pod: PodView) => Partial<PodView>,
): (observation: Observation) => Observation {
  return ({ sets, pods }) => ({ sets, pods: pods.map((pod) => ({ ...pod, ...change(pod) })) });
}

describe("an update", () => {
  it("prints the lines of the seed's script", async () => {
    const rehearsal = new Rehearsal();
    await rehearsal.run();
    const { lines } = rehearsal;
    expect(lines.slice(0, 3)).toEqual(
      [0, 1, 2].map((n) => `pod/server-a-${n} labeled restore=true`),
    );
    expect(lines[3]).toMatch(
      /^statefulset.apps\/server-b created \(3 replicas, .*3, image server:2\)$/,
    );
    expect(lines[4]).toBe(" 0 secs. a reports 3, b reports 0 of 3 ready.");
    expect(
      lines.some((line) => /^ \d+ secs\. a reports 2, b reports 2 of 3 ready\.$/.test(line)),
    ).toBe(true);
    expect(lines.at(-3)).toBe('statefulset.apps "server-a" deleted');
    expect(lines.at(-1)).toMatch(/^ \d+ secs\. b updated\. Thu Jan 01 1970/);
  });

  it("deletes the old pods when their relays have been quiet for long enough", async () => {
    const rehearsal = new Rehearsal();
    let relayed = 0;
    rehearsal.lens = changePods(({ phase }) => {
      if (phase !== "relay") return {};
      relayed = Math.min(relayed + 1, 30);
      return { relayed };
    });
    await rehearsal.run();
    const drained = rehearsal.lines.find((line) => line.includes("relays no more"));
    expect(drained).toBe("a relays no more (quiet, 90 datagrams in all)");
    const waits = rehearsal.lines.filter((line) => line.includes("a still relays"));
    expect(waits.length).toBeGreaterThanOrEqual(5);
  });

  it("waits for as long as flows may stick where metrics cannot be read", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.lens = changePods(() => ({ phase: undefined, relayed: undefined }));
    await rehearsal.run();
    expect(rehearsal.lines).toContain("a relays no more (not to be seen)");
    expect(rehearsal.lines.filter((line) => line.includes("a still relays"))).toHaveLength(60);
  });

  it("does not wait for ever, and says so", async () => {
    const rehearsal = new Rehearsal();
    let relayed = 0;
    rehearsal.lens = changePods(({ phase }) => (phase === "relay" ? { relayed: ++relayed } : {}));
    await rehearsal.run();
    expect(rehearsal.lines.join("\n")).toMatch(
      /time is up.*\nwarning: a still relayed when --drain-timeout/,
    );
  });

  it("changes nothing in a dry run", async () => {
    const lines: string[] = [];
    const start = installed({});
    const output = {
      print: (line: string) => void lines.push(line),
      warn: () => {},
      wallTime: () => new Date(0),
    };
    const reporter = createTextReporter(output, (colour) => `server-${colour}`);
    await new PlanRun(planUpdate0, OPTIONS, createDryRun(start, reporter)).run();
    expect(start).toEqual(installed({}));
    expect(lines.filter((line) => line.startsWith("would do: "))).toHaveLength(6);
    expect(lines.some((line) => line.includes("ready."))).toBe(false);
  });
});

describe("giving up", () => {
  it("says at once what no waiting cures, and who serves", async () => {
    const rehearsal = new Rehearsal();
    const problem = { text: "image server:2 cannot be had (ErrImageNeverPull)", isFinal: true };
    rehearsal.lens = changePods(({ colour }) =>
      colour === "b" ? { isReady: false, problem } : {},
    );
    const error: unknown = await rehearsal.run().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeployError);
    expect(String(error)).toMatch(/b does not get ready: server-b-0: image server:2 cannot be had/);
    expect(String(error)).toMatch(/a goes on serving \(3 ready\).*run rollback/);
    expect(rehearsal.observation.sets.a).toBeDefined();
  });

  it("gives other reasons the time of --problem-timeout", async () => {
    const rehearsal = new Rehearsal();
    const problem = { text: "FailedMount: no secret", isFinal: false };
    rehearsal.lens = changePods(({ colour }) =>
      colour === "b" ? { isReady: false, problem } : {},
    );
    await expect(rehearsal.run()).rejects.toThrow(/FailedMount: no secret/);
    const waited = rehearsal.lines.filter((line) => line.includes("b reports 0 of 3 ready")).length;
    expect(waited).toBeGreaterThan(5);
    expect(waited).toBeLessThan(10);
  });

  it("ends when nothing gets ready for the time of --timeout", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.lens = changePods(({ colour }) => (colour === "b" ? { isReady: false } : {}));
    await expect(rehearsal.run()).rejects.toThrow(/b stays at 0 of 3 ready for 60 s/);
  });

  it("tells when the new colour serves without having taken over", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.lens = changePods(({ colour }) => (colour === "a" ? { isReady: true } : {}));
    await expect(rehearsal.run()).rejects.toThrow(/did not take over from them/);
  });
});

describe("the API server", () => {
  it("may be away for a while once something has begun", async () => {
    const rehearsal = new Rehearsal();
    const surroundings = rehearsal.surroundings();
    const { perform } = surroundings;
    const away = new KubeError(0, "the API server does not answer");
    const run = new PlanRun(planUpdate0, OPTIONS, {
      ...surroundings,
      perform: async (action) => {
        await perform(action);
        if (action.type === "create-set") rehearsal.failures.push(away, away, away);
      },
    });
    await run.run();
    expect(rehearsal.lines.filter((line) => line.endsWith("trying again"))).toHaveLength(3);
    expect(rehearsal.observation.sets).toMatchObject({ b: { activity: undefined } });
  });

  it("ends the command when it refuses, or is not there from the start", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.failures.push(new KubeError(403, "not allowed"));
    await expect(rehearsal.run()).rejects.toThrow("not allowed");
    rehearsal.failures.push(new KubeError(0, "does not answer"));
    await expect(rehearsal.run()).rejects.toThrow("does not answer");
    expect(rehearsal.lines).toEqual([]);
  });
});

it("refuses with UsageError as long as nothing was changed", async () => {
  const rehearsal = new Rehearsal();
  rehearsal.observation = { sets: {}, pods: [] };
  await expect(rehearsal.run()).rejects.toBeInstanceOf(UsageError);
});
