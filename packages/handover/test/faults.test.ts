import { describe, expect, it } from "vitest";
import { type HandoverState, isServing, pingOf, stepHandover } from "../src/index.ts";
import { firstWorld, playPrelude, type Scenario } from "./model/explore.ts";
import { createHealer } from "./model/heal.ts";
import { BASE, NO_FAULTS, owner, taker } from "./model/scenarios.ts";
import { Interner, type Message, type World } from "./model/world.ts";

// Who serves once a fault in a phase has been noticed: the table of docs/decisions/0040-handover-protocol.md.
const PHASES: Readonly<Record<string, readonly string[]>> = {
  join: [],
  "pre-copy": ["p1 group-ready", "p0 restore-requested", "p1 stream-opened"],
  freeze: ["p1 group-ready", "p0 restore-requested", "p1 stream-opened", "p0 copy-drained"],
  "end mark sent": ["p0 delta-sent"],
  "copy whole": ["p0 delta-sent", "p1 copy-complete"],
  sealed: ["p0 delta-sent", "p1 copy-complete", "p0 activate-requested"],
  late: ["p0 delta-sent", "p1 copy-complete", "p0 activate-requested", "p1 activate-accepted"],
};

const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // phase: giver dies, taker dies, all messages lost, giver sleeps
  join: { "p0 dies": "p1 1:1", "p1 dies": "p0 0:1", cut: "p1 0:3", sleep: "p1 0:3" },
  "pre-copy": { "p0 dies": "p1 1:1", "p1 dies": "p0 0:1", cut: "p1 0:3", sleep: "p1 0:3" },
  freeze: { "p0 dies": "p1 1:1", "p1 dies": "p0 0:3", cut: "p1 0:4", sleep: "p1 0:4" },
  "end mark sent": { "p0 dies": "p1 1:1", "p1 dies": "p0 0:3", cut: "p1 0:4", sleep: "p1 0:4" },
  "copy whole": { "p0 dies": "p1 0:16321", "p1 dies": "p0 0:3", cut: "p1 0:4", sleep: "p1 0:4" },
  sealed: { "p0 dies": "p1 0:16321", "p1 dies": "p0 0:16258", cut: "p1 0:2", sleep: "p1 0:2" },
  late: { "p0 dies": "p1 0:2", "p1 dies": "p0 0:16258", cut: "p1 0:2", sleep: "p1 0:2" },
};

function preludeOf(phase: string): readonly string[] {
  const own = PHASES[phase] ?? [];
  return own[0] === "p0 delta-sent" ? [...(PHASES["freeze"] ?? []), ...own] : own;
}

function serverAfter(phase: string, fault: string): string {
  const messages = new Interner<Message>();
  const faults = fault === "cut" ? [] : fault === "sleep" ? ["p0 pauses"] : [fault];
  const scenario: Scenario = {
    ...BASE,
    name: phase,
    processes: [owner(0), taker(1, 0)],
    prelude: [...preludeOf(phase), ...faults],
    budget: { ...NO_FAULTS, crashes: 1, pauses: 1 },
  };
  const world = playPrelude(firstWorld(scenario, messages), scenario, stepHandover, messages);
  const settled: World = createHealer(stepHandover, true).settle(world);
  const serving = settled.processes.filter((one) => one.status === "up" && isServing(one.machine));
  return serving
    .map(({ machine, own }) => {
      const generation = machine.side === "giver" ? machine.generation : -1;
      return `${machine.self} ${own?.lineage}:${generation}`;
    })
    .join(" and ");
}

describe("a process that handed over and is out of reach", () => {
  const first = { id: "p0", address: "p0" };
  const third = { id: "p2", address: "p2" };
  const isTo = (type: string) => (output: { readonly type: string }) => output.type === type;

  function served(): { old: HandoverState; owner: HandoverState } {
    const messages = new Interner<Message>();
    const scenario: Scenario = {
      ...BASE,
      name: "served",
      processes: [owner(0), taker(1, 0)],
      prelude: preludeOf("late"),
      budget: NO_FAULTS,
    };
    const world = playPrelude(firstWorld(scenario, messages), scenario, stepHandover, messages);
    const [old, next] = world.processes;
    if (old === undefined || next === undefined) throw new RangeError("two processes");
    return { old: old.machine, owner: next.machine };
  }

  it("claims nothing when the process before it asks how things are", () => {
    const { old } = served();
    const from = { id: "earlier", address: "earlier" };
    const question = { type: "release-requested", from, generation: 0, attempt: 0 } as const;
    const { state, outputs } = stepHandover(old, question);
    // Its pings would say the generation of the owner, and one of two equal claims yields.
    expect(outputs).toEqual([]);
    expect(pingOf(state)).toEqual({ role: "relaying", generation: 2, successor: "p1" });
  });

  it("keeps the new owner from handing over until it is called lost", () => {
    const ask = { type: "restore-requested", taker: third, number: 1 } as const;
    const { owner } = served();
    expect(stepHandover(owner, ask).outputs.find(isTo("refuse-restore"))).toBeDefined();
    const after = stepHandover(owner, { type: "peer-lost", id: first.id });
    expect(after.outputs).toEqual([{ type: "warn-lost", generation: 2, peer: "p0" }]);
    expect(isServing(after.state)).toBe(true);
    expect(stepHandover(after.state, ask).outputs.find(isTo("start-stream"))).toBeDefined();
    expect(stepHandover(owner, { type: "peer-lost", id: "p9" }).state).toBe(owner);
  });

  it("loses against whoever got the connections since, if it lives and the lease was not kept", () => {
    const { old, owner } = served();
    const lost = stepHandover(owner, { type: "peer-lost", id: first.id });
    const ask = { type: "restore-requested", taker: third, number: 1 } as const;
    const started = stepHandover(lost.state, ask).outputs.find((o) => o.type === "start-stream");
    const reclaimed = stepHandover(old, { type: "peer-dead", id: "p1" });
    const serve = reclaimed.outputs.find((output) => output.type === "serve");
    const granted = started?.grant.generation ?? 0;
    expect(serve?.generation).toBeGreaterThan(1);
    expect(granted).toBeGreaterThan(serve?.generation ?? Number.POSITIVE_INFINITY);
    const ping = { type: "ping-seen", peer: third, role: "owner", generation: granted } as const;
    const met = stepHandover(reclaimed.state, { ...ping, successor: undefined });
    expect(isServing(met.state)).toBe(false);
  });

  it("drops its sealed copy when its lease is over, and then begins without connections", () => {
    const { old } = served();
    const over = stepHandover(old, { type: "lease-over" });
    expect(over.outputs).toEqual([{ type: "drop-copy" }]);
    const alone = stepHandover(over.state, { type: "peer-dead", id: "p1" });
    expect(alone.outputs.find((output) => output.type === "serve")).toMatchObject({
      origin: "empty",
    });
  });
});

describe("a fault in each phase", () => {
  for (const [phase, outcomes] of Object.entries(EXPECTED)) {
    for (const [fault, server] of Object.entries(outcomes)) {
      it(`${phase}: ${fault}`, () => {
        expect(serverAfter(phase, fault)).toBe(server);
      });
    }
  }
});
