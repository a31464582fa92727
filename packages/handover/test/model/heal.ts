import {
  type HandoverInput,
  type HandoverState,
  isServing,
  type TimerName,
} from "../../src/index.ts";
import { apply, Violation } from "./apply.ts";
import {
  Interner,
  type Message,
  type Process,
  pingMessage,
  type Reducer,
  type World,
} from "./world.ts";

const ROUNDS = 30;
const QUICK: readonly TimerName[] = ["retry", "doubt", "activate"];
const SLOW: readonly TimerName[] = ["stall", "freeze"];

export interface Healer {
  /** Says what is wrong if the world, from now on without faults, does not end with one owner. */
  readonly check: (world: World) => string | undefined;
  /** Lets the world run on without faults until nothing changes. */
  readonly settle: (world: World) => World;
  /** How many different worlds were tried. */
  readonly count: () => number;
}

/**
 * Liveness: from every state that the exploration reaches, a fair continuation (all old messages lost, the
 * network whole again, sleepers awake, the dead known to be dead) leads to exactly one owner.
 */
export function createHealer(reduce: Reducer, checks: boolean): Healer {
  const messages = new Interner<Message>();
  const verdicts = new Map<string, string | undefined>();
  const inputs = new Interner<HandoverInput>();
  const constant = (input: HandoverInput): HandoverInput => inputs.valueOf(inputs.idOf(input));
  const machineIds = new WeakMap<HandoverState, number>();
  let machineCount = 0;
  const idOf = (machine: HandoverState): number => {
    const known = machineIds.get(machine);
    if (known !== undefined) return known;
    machineIds.set(machine, machineCount);
    return machineCount++;
  };
  return { check, settle, count: () => verdicts.size };

  function check(world: World): string | undefined {
    let key = "";
    for (const { status, machine, own, incoming } of world.processes) {
      key += `${status.charAt(0)}${status === "dead" ? "" : idOf(machine)}`;
      key += `${own ? "o" : ""}${incoming ? "i" : ""} `;
    }
    if (verdicts.has(key)) return verdicts.get(key);
    const verdict = run(world);
    verdicts.set(key, verdict);
    return verdict;
  }

  function run(start: World): string | undefined {
    let world: World;
    try {
      world = settle(start);
    } catch (error) {
      if (error instanceof Violation) return `while healing: ${error.message}`;
      throw error;
    }
    const alive = world.processes.filter((process) => process.status === "up");
    const owners = alive.filter((process) => isServing(process.machine)).length;
    if (alive.length === 0 || owners === 1) return undefined;
    return owners === 0 ? "nobody serves although somebody lives" : "two owners remain";
  }

  function settle(start: World): World {
    let world: World = { ...start, messages: [] };
    const feed = (index: number, input: HandoverInput, copy?: Message["copy"]): void => {
      world = apply({ ...world, messages: [] }, index, input, copy, reduce, messages, checks);
      deliver(world.messages);
    };
    const deliver = (sent: readonly number[]): void => {
      for (const id of sent) {
        const message = messages.valueOf(id);
        if (message.to >= 0 && isUp(message.to)) feed(message.to, message.input, message.copy);
      }
    };
    const isUp = (index: number): boolean => world.processes[index]?.status === "up";
    for (let index = 0; index < world.processes.length; index++) {
      const process = world.processes[index] as Process;
      if (process.status !== "paused") continue;
      const processes = [...world.processes];
      processes[index] = { ...process, status: "up" };
      world = { ...world, processes };
      feed(index, constant({ type: "woke-up" }));
    }
    let isQuiet = true;
    for (let round = 0; round < ROUNDS; round++) {
      const before = machinesOf(world);
      for (let index = 0; index < world.processes.length; index++) {
        if (isUp(index)) tick(index, isQuiet);
      }
      isQuiet = machinesOf(world) === before;
      if (isQuiet && round > 2) break;
    }
    return world;

    function tick(index: number, isQuiet: boolean): void {
      const all = world.processes;
      for (let other = 0; other < all.length; other++) {
        if (other === index) continue;
        if (all[other]?.status === "dead") {
          feed(index, constant({ type: "peer-dead", id: `p${other}` }));
        }
        const ping = isUp(other)
          ? pingMessage((world.processes[other] as Process).machine)
          : undefined;
        if (ping !== undefined) feed(index, constant(ping.input));
      }
      const machine = (world.processes[index] as Process).machine;
      if (machine.side === "taker") feed(index, constant({ type: "group-ready" }));
      if (machine.side === "giver" && machine.attempt !== undefined && !isQuiet) {
        const { taker, number } = machine.attempt;
        feed(index, constant({ type: "copy-drained", attempt: { taker, number } }));
        feed(index, constant({ type: "delta-sent", attempt: { taker, number } }));
      }
      for (const timer of isQuiet ? [...SLOW, ...QUICK] : QUICK) {
        feed(index, constant({ type: "timer", timer }));
      }
    }
  }

  function machinesOf(world: World): string {
    return world.processes.map((process) => idOf(process.machine)).join(" ");
  }
}
