import {
  type HandoverInput,
  type HandoverState,
  isServing,
  pingOf,
  type Step,
} from "../../src/index.ts";

/** Connections as the model sees them: whose they are, and how often their ownership changed. */
export interface Copy {
  readonly lineage: number;
  readonly version: number;
}

export type Status = "up" | "paused" | "dead" | "absent";

export interface Process {
  readonly status: Status;
  readonly machine: HandoverState;
  /** What it owns or has sealed. */
  readonly own: Copy | undefined;
  /** What came over a stream; whole once the end mark was seen. */
  readonly incoming: Copy | undefined;
  /** The lease of the copy that it sealed has ended. */
  readonly isLeaseOver?: boolean;
}

/** A message that was ever sent. It may arrive never, late, twice, or before an earlier one. */
export interface Message {
  /** Index of the receiver, -1 for a ping, which anybody may see. */
  readonly to: number;
  readonly input: HandoverInput;
  readonly copy: Copy | undefined;
}

export interface Budget {
  readonly crashes: number;
  readonly pauses: number;
  /** How often a paused process may be called dead. */
  readonly mistakes: number;
  /** How often any living process may be called dead. */
  readonly lies: number;
  readonly takeBacks: number;
  /** How often a process whose lease has ended may be called lost. */
  readonly losses: number;
  /** How often a process that handed over asks its successor how things are. */
  readonly questions: number;
  /** How many pings of processes that are dead already may still arrive. */
  readonly ghosts: number;
}

export interface World {
  readonly processes: readonly Process[];
  /** Sorted indices into the {@link Interner} of messages. */
  readonly messages: readonly number[];
  /** Changes of ownership so far, by lineage. */
  readonly versions: readonly number[];
  /** "lineage:generation" of every term of ownership so far. */
  readonly terms: readonly string[];
  readonly budget: Budget;
}

export type Reducer = (state: HandoverState, input: HandoverInput) => Step;

/** Gives equal values one small number, so that worlds compare as short strings. */
export class Interner<T> {
  readonly #ids = new Map<string, number>();
  readonly #values: T[] = [];

  idOf(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#values.length);
    this.#values.push(value);
    return this.#values.length - 1;
  }

  valueOf(id: number): T {
    return this.#values[id] as T;
  }
}

export function indexOf(id: string): number {
  return Number(id.slice(1));
}

/** Everything that must hold at every moment; undefined when it does. */
export function violationOf(world: World, trustsDeaths: boolean): string | undefined {
  const owners = new Set<number>();
  for (const process of world.processes) {
    // A paused process sends nothing; that it is not the owner any more is what its waking up must show.
    const runs = process.status === "up" || (trustsDeaths && process.status === "paused");
    if (!runs || !isServing(process.machine)) continue;
    if (process.own === undefined) return "serves without connections of its own";
    if (owners.has(process.own.lineage)) return "two owners";
    owners.add(process.own.lineage);
  }
  return undefined;
}

export function pingMessage(machine: HandoverState): Message | undefined {
  const { role, generation, successor } = pingOf(machine);
  if (role === "none") return undefined;
  const peer = { id: machine.self, address: machine.self };
  return {
    to: -1,
    input: { type: "ping-seen", peer, role, generation, successor },
    copy: undefined,
  };
}
