import type { AttemptKey, HandoverInput, HandoverState, Step, TimerName } from "../../src/index.ts";
import type { Signal, StreamEvent } from "../../src/inputs.ts";
import { apply, Violation } from "./apply.ts";
import { createHealer } from "./heal.ts";
import {
  type Budget,
  Interner,
  indexOf,
  type Message,
  type Process,
  pingMessage,
  type Reducer,
  violationOf,
  type World,
} from "./world.ts";

export interface Scenario {
  readonly name: string;
  readonly processes: readonly Process[];
  readonly budget: Budget;
  /** Steps that have happened before the search begins, as "p0 restore-requested". */
  readonly prelude: readonly string[];
  /** Attempts after which a taker of the model stops retrying. */
  readonly maxAttempts: number;
  /** Steps after the prelude beyond which nothing is searched; undefined: there is no bound, the search ends by itself. */
  readonly maxDepth?: number;
  /** Deaths are only told of processes that are dead: then the strict rules hold, else only those on nonces. */
  readonly rules: "truthful" | "sleepers" | "liars";
}

export interface Outcome {
  readonly states: number;
  readonly depth: number;
  readonly healed: number;
  readonly violation: string | undefined;
  /** The steps that lead to the violation, first one first. */
  readonly trace: readonly string[];
}

interface Action {
  readonly index: number;
  readonly cause: HandoverInput | "starts" | "dies" | "pauses" | "asks";
  readonly next: World;
}

function describeAction({ index, cause }: Omit<Action, "next">): string {
  return `p${index} ${typeof cause === "string" ? cause : JSON.stringify(cause)}`;
}

const TIMERS: readonly TimerName[] = ["stall", "freeze", "activate", "retry", "doubt"];

/** Searches every interleaving breadth first, so that a violation comes with its shortest story. */
export function explore(scenario: Scenario, rawReduce: Reducer): Outcome {
  const messages = new Interner<Message>();
  const machines = new Interner<HandoverState>();
  const reduce = memoize(rawReduce, machines);
  const heal = createHealer(reduce, scenario.rules !== "liars");
  const first = playPrelude(firstWorld(scenario, messages), scenario, reduce, messages);
  const keyOf = createKey(machines);
  const seen = new Map<string, number>([[keyOf(first), 0]]);
  const worlds: World[] = [first];
  const parents: number[] = [-1];
  const actions: (Omit<Action, "next"> | undefined)[] = [undefined];
  const depths: number[] = [0];
  const trace = (at: number): string[] => {
    const steps: string[] = [];
    for (let i = at; i > 0; i = parents[i] as number) {
      const action = actions[i];
      if (action !== undefined) steps.unshift(describeAction(action));
    }
    return steps;
  };
  const maxDepth = scenario.maxDepth ?? Number.POSITIVE_INFINITY;
  let depth = 0;
  const result = (violation: string | undefined, steps: string[]): Outcome => {
    return {
      states: worlds.length,
      depth,
      healed: heal.count(),
      violation,
      trace: steps,
    };
  };
  for (let at = 0; at < worlds.length; at++) {
    const world = worlds[at] as World;
    depth = depths[at] as number;
    const stuck = heal.check(world);
    if (stuck !== undefined) return result(stuck, trace(at));
    if (depth >= maxDepth) continue;
    let tried: Omit<Action, "next"> | undefined;
    try {
      for (const action of actionsOf(world, scenario, reduce, messages, (action) => {
        tried = action;
      })) {
        if (action.next === world) continue;
        const key = keyOf(action.next);
        if (seen.has(key)) continue;
        const id = worlds.length;
        seen.set(key, id);
        worlds.push(action.next);
        parents.push(at);
        actions.push({ index: action.index, cause: action.cause });
        depths.push(depth + 1);
        const broken =
          scenario.rules === "liars"
            ? undefined
            : violationOf(action.next, scenario.rules === "truthful");
        if (broken !== undefined) return result(broken, trace(id));
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const last = tried === undefined ? [] : [describeAction(tried)];
      return result(error.message, [...trace(at), ...last]);
    }
    worlds[at] = first;
  }
  return result(undefined, []);
}

/** Takes the named steps one after the other; a step that is not possible is a mistake in the scenario. */
export function playPrelude(
  start: World,
  scenario: Scenario,
  reduce: Reducer,
  messages: Interner<Message>,
): World {
  let world = start;
  for (const wanted of scenario.prelude) {
    const before = world;
    for (const { index, cause, next } of actionsOf(world, scenario, reduce, messages, () => {})) {
      const name =
        typeof cause === "string" ? cause : cause.type === "timer" ? cause.timer : cause.type;
      if (wanted !== `p${index} ${name}` || next === world) continue;
      world = next;
      break;
    }
    if (world === before) throw new RangeError(`impossible in the prelude: ${wanted}`);
  }
  return world;
}

/** A reducer is a pure function, so each pair of state and input needs to be computed only once. */
function memoize(reduce: Reducer, machines: Interner<HandoverState>): Reducer {
  const steps = new WeakMap<HandoverState, Map<HandoverInput, Step>>();
  return (state, input) => {
    let known = steps.get(state);
    if (known === undefined) {
      known = new Map();
      steps.set(state, known);
    }
    let step = known.get(input);
    if (step === undefined) {
      const raw = reduce(state, input);
      step = { state: machines.valueOf(machines.idOf(raw.state)), outputs: raw.outputs };
      known.set(input, step);
    }
    return step;
  };
}

function createKey(machines: Interner<HandoverState>): (world: World) => string {
  const ids = new WeakMap<HandoverState, number>();
  const machineId = (state: HandoverState): number => {
    const known = ids.get(state);
    if (known !== undefined) return known;
    const id = machines.idOf(state);
    ids.set(state, id);
    return id;
  };
  return (world) => {
    let key = "";
    for (const { status, machine, own, incoming, isLeaseOver } of world.processes) {
      key += status.charAt(0);
      if (status === "dead") continue;
      key += `${machineId(machine)}`;
      if (own) key += `o${own.lineage}.${own.version}`;
      if (isLeaseOver) key += "l";
      if (incoming) key += `i${incoming.lineage}.${incoming.version}`;
      key += " ";
    }
    const { crashes, pauses, mistakes, lies, takeBacks, losses, questions, ghosts } = world.budget;
    key += `|${world.messages.join(",")}|${world.versions.join(",")}|${world.terms.join(",")}`;
    return `${key}|${crashes}${pauses}${mistakes}${lies}${takeBacks}${losses}${questions}${ghosts}`;
  };
}

export function firstWorld(scenario: Scenario, messages: Interner<Message>): World {
  const pings = scenario.processes
    .filter((process) => process.status === "up")
    .map((process) => pingMessage(process.machine))
    .filter((ping) => ping !== undefined)
    .map((ping) => messages.idOf(ping));
  return {
    processes: scenario.processes,
    messages: [...new Set(pings)].sort((a, b) => a - b),
    versions: [0],
    terms: ["0:1"],
    budget: scenario.budget,
  };
}

const SIGNALS = new Map<string, HandoverInput>();

/** One object for equal inputs, so that the memory of {@link memoize} finds them. */
function signal(type: Signal["type"]): HandoverInput {
  return remember(type, () => ({ type }));
}

function streamEvent(type: StreamEvent["type"], { taker, number }: AttemptKey): HandoverInput {
  return remember(type + taker + number, () => ({ type, attempt: { taker, number } }));
}

function remember(key: string, create: () => HandoverInput): HandoverInput {
  const known = SIGNALS.get(key);
  if (known !== undefined) return known;
  const input = create();
  SIGNALS.set(key, input);
  return input;
}

function* actionsOf(
  world: World,
  scenario: Scenario,
  reduce: Reducer,
  messages: Interner<Message>,
  onTry: (action: Omit<Action, "next">) => void,
): Generator<Action> {
  const checks = scenario.rules !== "liars";
  const { budget } = world;
  const spend = (part: Partial<Budget>): Budget => ({ ...budget, ...part });
  const step = (
    index: number,
    input: HandoverInput,
    from: World = world,
    copy?: Message["copy"],
  ) => {
    onTry({ index, cause: input });
    return { index, cause: input, next: apply(from, index, input, copy, reduce, messages, checks) };
  };
  for (let index = 0; index < world.processes.length; index++) {
    const process = world.processes[index] as Process;
    const { status, machine } = process;
    if (status === "dead") continue;
    if (status === "absent") {
      yield { index, cause: "starts", next: withStatus(world, index, "up", budget) };
      continue;
    }
    if (budget.crashes > 0) {
      const next = withStatus(world, index, "dead", spend({ crashes: budget.crashes - 1 }));
      yield { index, cause: "dies", next: forget(next, index, messages) };
    }
    if (status === "paused") {
      yield step(index, signal("woke-up"), withStatus(world, index, "up", budget));
      continue;
    }
    if (budget.pauses > 0) {
      const less = spend({ pauses: budget.pauses - 1 });
      yield { index, cause: "pauses", next: withStatus(world, index, "paused", less) };
    }
    if (machine.side === "taker") yield step(index, signal("group-ready"));
    for (const timer of TIMERS) {
      if (timer === "retry" && machine.attempts >= scenario.maxAttempts) continue;
      yield step(
        index,
        remember(timer, () => ({ type: "timer", timer })),
      );
    }
    if (machine.side === "giver") {
      const { attempt, activated } = machine;
      const asked = budget.questions > 0 ? askedBy(world, index, messages) : undefined;
      if (asked !== undefined) {
        const next = { ...asked, budget: spend({ questions: budget.questions - 1 }) };
        yield { index, cause: "asks", next };
      }
      if (attempt !== undefined) {
        yield step(index, streamEvent("copy-drained", attempt));
        yield step(index, streamEvent("delta-sent", attempt));
      }
      if (activated !== undefined) {
        yield step(index, streamEvent("late-connection", activated));
        yield step(index, streamEvent("late-drained", activated));
      }
      if (budget.losses > 0 && activated !== undefined && process.isLeaseOver !== true) {
        const ended = withLeaseOver(world, index);
        yield { ...step(index, signal("lease-over"), ended) };
      }
      if (budget.takeBacks > 0) {
        const from = { ...world, budget: spend({ takeBacks: budget.takeBacks - 1 }) };
        const taken = step(index, signal("take-back"), from);
        if (taken.next !== from) yield taken;
      }
    }
    for (let other = 0; other < world.processes.length; other++) {
      if (other === index) continue;
      const id = `p${other}`;
      const about = remember(id, () => ({ type: "peer-dead", id }));
      const otherStatus = world.processes[other]?.status;
      const isLost = otherStatus === "dead" || world.processes[other]?.isLeaseOver === true;
      if (budget.losses > 0 && (isLost || budget.lies > 0)) {
        const lost = remember(`lost ${id}`, () => ({ type: "peer-lost", id }));
        const from = { ...world, budget: spend({ losses: budget.losses - 1 }) };
        const seen = step(index, lost, from);
        if (seen.next !== from) yield seen;
      }
      if (otherStatus === "dead") yield step(index, about);
      else if (otherStatus === "paused" && budget.mistakes > 0) {
        yield step(index, about, { ...world, budget: spend({ mistakes: budget.mistakes - 1 }) });
      } else if (otherStatus === "up" && budget.lies > 0) {
        yield step(index, about, { ...world, budget: spend({ lies: budget.lies - 1 }) });
      }
    }
    for (const id of world.messages) {
      const message = messages.valueOf(id);
      if (message.input.type === "ping-seen") {
        const sender = world.processes[indexOf(message.input.peer.id)];
        const isGhost = sender?.status === "dead";
        if (isGhost && budget.ghosts === 0) continue;
        const from = isGhost ? { ...world, budget: spend({ ghosts: budget.ghosts - 1 }) } : world;
        const seen = step(index, message.input, from);
        if (seen.next !== from) yield seen;
      } else if (message.to === index) {
        yield step(index, message.input, world, message.copy);
      }
    }
  }
}

/** With a question of a process that handed over on its way to the successor: it gives no copy back by that. */
function askedBy(world: World, index: number, messages: Interner<Message>): World | undefined {
  const machine = (world.processes[index] as Process).machine;
  if (machine.side !== "giver" || machine.successor === undefined) return undefined;
  const to = indexOf(machine.successor.id);
  if (world.processes[to]?.status !== "up") return undefined;
  const from = { id: machine.self, address: machine.self };
  const input = remember(`${machine.self} asks`, () => {
    return { type: "release-requested", from, generation: 0, attempt: 0 };
  });
  const all = new Set([...world.messages, messages.idOf({ to, input, copy: undefined })]);
  return { ...world, messages: [...all].sort((a, b) => a - b) };
}

function withLeaseOver(world: World, index: number): World {
  const processes = [...world.processes];
  processes[index] = { ...(world.processes[index] as Process), isLeaseOver: true };
  return { ...world, processes };
}

function withStatus(world: World, index: number, status: Process["status"], budget: Budget): World {
  const processes = [...world.processes];
  processes[index] = { ...(world.processes[index] as Process), status };
  return { ...world, processes, budget };
}

/** What was on its way to a dead process reaches nobody. */
function forget(world: World, index: number, messages: Interner<Message>): World {
  return { ...world, messages: world.messages.filter((id) => messages.valueOf(id).to !== index) };
}
