import type { SocketAddress } from "@dtls-cluster/dtls";
import { TestkitError } from "./errors.ts";
import { formatAddress, Journal } from "./journal.ts";
import type { LinkConditions } from "./link.ts";
import type { NonceAuditor } from "./nonce-auditor.ts";
import { Random } from "./random.ts";
import { testSeeds } from "./seeds.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { VirtualSocket } from "./virtual-socket.ts";

export interface WorldOptions {
  /** Default: the environment variable SEED, else 1. */
  readonly seed?: number;
  /** Conditions of all links to begin with. */
  readonly conditions?: Partial<LinkConditions>;
  /** Steps (jumps of the clock) that one run may take before it counts as endless. Default 200 000. */
  readonly maxSteps?: number;
  /** Checks every datagram; a violation fails the run. */
  readonly auditor?: NonceAuditor;
}

const maxStepsWithoutProgress = 1000;

/** A clock, a network and the endpoints on it. Time jumps from wake-up to wake-up. */
export class World {
  readonly seed: number;
  readonly clock: VirtualClock = new VirtualClock();
  readonly journal: Journal = new Journal();
  readonly network: VirtualNetwork;
  readonly #random: Random;
  readonly #maxSteps: number;
  readonly #auditor: NonceAuditor | undefined;
  readonly #sockets: VirtualSocket[] = [];

  constructor(options: WorldOptions = {}) {
    this.seed = options.seed ?? testSeeds()[0] ?? 1;
    this.#random = new Random(this.seed);
    this.#maxSteps = options.maxSteps ?? 200_000;
    this.network = new VirtualNetwork(this.clock, this.random(), this.journal);
    if (options.conditions !== undefined) this.network.setConditions(options.conditions);
    const auditor = options.auditor;
    this.#auditor = auditor;
    if (auditor !== undefined) this.network.addTap((d, from, to) => auditor.observe(d, from, to));
  }

  get now(): number {
    return this.clock.now;
  }

  /** A generator of its own, derived from the seed; also fit as an endpoint's entropy. */
  random(): Random {
    return new Random(this.#random.uint32());
  }

  /** Opens a socket on a host. */
  socket(address: string, port: number): VirtualSocket {
    const socket = new VirtualSocket(this.network, this.clock, { address, port });
    this.#sockets.push(socket);
    return socket;
  }

  /** A line in the journal. */
  note(text: string): void {
    this.journal.note(this.now, text);
  }

  /** When something will happen next, undefined when the world is at rest. */
  nextWakeup(): number | undefined {
    let next = this.clock.next;
    for (const socket of this.#sockets) {
      const timeout = socket.endpoint?.nextTimeout();
      if (timeout !== undefined && (next === undefined || timeout < next)) next = timeout;
    }
    return next;
  }

  /** Lets `durationMs` pass. */
  runFor(durationMs: number): void {
    const end = this.now + durationMs;
    this.#run(end, () => false);
    this.clock.advanceTo(end);
  }

  /** Runs until `condition` holds. @throws TestkitError when it does not within `withinMs`. */
  runUntil(condition: () => boolean, withinMs = 600_000): void {
    if (this.#run(this.now + withinMs, condition)) return;
    const what =
      this.nextWakeup() === undefined ? "the world came to rest" : `${withinMs} ms passed`;
    throw new TestkitError(`${what} and the condition does not hold: ${condition}`);
  }

  /** Runs until nothing is in flight and no deadline is left. @throws TestkitError after `withinMs`. */
  runUntilIdle(withinMs = 600_000): void {
    this.#run(this.now + withinMs, () => false);
    if (this.nextWakeup() !== undefined) throw new TestkitError(`not at rest after ${withinMs} ms`);
  }

  /** @throws TestkitError when the auditor found something. */
  assertClean(): void {
    this.#auditor?.assertClean();
  }

  /** True when `condition` came to hold, false when the world rests or `end` is reached. */
  #run(end: number, condition: () => boolean): boolean {
    let stepsWithoutProgress = 0;
    for (let step = 0; step < this.#maxSteps; step += 1) {
      if (condition()) return true;
      const next = this.nextWakeup();
      if (next === undefined || next > end) return false;
      stepsWithoutProgress = next > this.now ? 0 : stepsWithoutProgress + 1;
      if (stepsWithoutProgress > maxStepsWithoutProgress) {
        throw new TestkitError(`time stands still at ${this.now} ms: ${this.#overdue()}`);
      }
      this.clock.advanceTo(Math.max(next, this.now));
      this.#fireDeadlines();
      this.assertClean();
    }
    throw new TestkitError(`no end after ${this.#maxSteps} steps`);
  }

  #fireDeadlines(): void {
    for (const socket of this.#sockets) {
      const endpoint = socket.endpoint;
      const timeout = endpoint?.nextTimeout();
      if (endpoint !== undefined && timeout !== undefined && timeout <= this.now) {
        endpoint.handleTimeout(this.now);
      }
    }
  }

  #overdue(): string {
    const stuck = this.#sockets.filter((s) => (s.endpoint?.nextTimeout() ?? Infinity) <= this.now);
    const names = stuck.map((socket) => formatAddress(socket.address as SocketAddress));
    return names.length > 0 ? `${names.join(", ")} stay due after handleTimeout` : "datagrams loop";
  }
}

/**
 * Runs `body` in a new world. When it fails, the journal is printed and the error names the seed
 * with which `SEED=... vitest run` does exactly the same again.
 */
export function simulate<T>(body: (world: World) => T, options: WorldOptions = {}): T {
  const world = new World(options);
  try {
    const result = body(world);
    if (result instanceof Promise) {
      return result.then(
        (value: unknown) => {
          world.assertClean();
          return value;
        },
        (error: unknown) => {
          throw explain(world, error);
        },
      ) as T;
    }
    world.assertClean();
    return result;
  } catch (error) {
    throw explain(world, error);
  }
}

function explain(world: World, error: unknown): unknown {
  console.error(`${world.journal}\nSEED=${world.seed} replays this`);
  if (error instanceof Error) error.message += ` (SEED=${world.seed} replays this)`;
  return error;
}
