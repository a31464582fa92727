import { type Deadline, DeadlineQueue } from "@dtls-cluster/deadlines";
import type { Surroundings } from "./surroundings.ts";

/** A row of the {@link Scheduler}. */
export interface Task extends Deadline {
  run(now: number): void;
}

export function createTask(run: (now: number) => void): Task {
  return { dueAt: 0, queueIndex: -1, run };
}

/** A sans-IO machine with deadlines of its own. */
export interface Machine {
  handleTimeout(now: number): void;
  nextTimeout(): number | undefined;
}

/**
 * All deadlines of a run behind one timer. A timer that is armed too early stays: it costs one idle
 * wake-up, while re-arming it for every answered request would cost a system call each.
 */
export class Scheduler {
  readonly #queue = new DeadlineQueue<Task>();
  readonly #surroundings: Surroundings;
  readonly #machines: readonly Machine[];
  readonly #sockets: number;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;
  #isFiring = false;
  #isReading = false;
  #readingSince = 0;
  #unread = 0;
  #lastRead: object | undefined;
  #isClosed = false;

  /**
   * @param machines what is asked for its next deadline besides the tasks.
   * @param sockets how many sockets take turns in being read.
   */
  constructor(surroundings: Surroundings, machines: readonly Machine[], sockets: number) {
    this.#surroundings = surroundings;
    this.#machines = machines;
    this.#sockets = sockets;
  }

  set(task: Task, dueAt: number): void {
    this.#queue.set(task, dueAt);
    if (dueAt < this.#armedFor) this.#arm();
  }

  cancel(task: Task): void {
    this.#queue.cancel(task);
  }

  /** To be called after `machine` may have got an earlier deadline. */
  touched(machine: Machine): void {
    if (this.#isReading) return;
    const next = machine.nextTimeout();
    if (next !== undefined && next < this.#armedFor) this.#arm();
  }

  /**
   * Runs what is due. To be called after each datagram: while more than a thousand sockets are readable,
   * the event loop reads on for seconds before it looks at its timers. The readable sockets are read in
   * turn, so after one turn of all of them nothing is left of what had arrived when it began. In its turn a
   * socket may be read several times: on a busy machine the next answer is there before the loop goes on.
   */
  datagramRead(now: number, socket: object): void {
    if (this.#isReading && socket !== this.#lastRead) {
      this.#unread -= 1;
      if (this.#unread === 0) this.#judge(this.#readingSince);
    }
    this.#lastRead = socket;
    if (now >= this.#armedFor && !this.#isFiring && !this.#isClosed) this.#fire(now);
  }

  close(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#isClosed = true;
  }

  #arm(): void {
    if (this.#isFiring || this.#isClosed) return;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedFor = Math.min(this.#queue.next ?? Number.POSITIVE_INFINITY, this.#nextOfMachines());
    if (this.#armedFor === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(0, this.#armedFor - this.#surroundings.now());
    this.#disarm = this.#surroundings.wake(delay, this.#onWake);
  }

  readonly #onWake = (): void => {
    this.#disarm = undefined;
    this.#fire(this.#surroundings.now());
  };

  #fire(now: number): void {
    this.#isFiring = true;
    let task = this.#queue.takeDue(now);
    while (task !== undefined && !this.#isClosed) {
      task.run(now);
      task = this.#queue.takeDue(now);
    }
    this.#isFiring = false;
    if (!this.#isClosed && this.#nextOfMachines() <= now) {
      this.#isReading = true;
      this.#readingSince = now;
      this.#unread = this.#sockets;
      this.#surroundings.afterReading(this.#onRead);
    }
    this.#arm();
  }

  readonly #onRead = (readUntil: number): void => {
    if (this.#isReading) this.#judge(readUntil);
  };

  /** Lets the machines decide which answers are late, knowing all that arrived until `readUntil`. */
  #judge(readUntil: number): void {
    this.#isReading = false;
    if (this.#isClosed) return;
    for (const machine of this.#machines) machine.handleTimeout(readUntil);
    this.#arm();
  }

  /** Infinity while their turn is about to come anyway. */
  #nextOfMachines(): number {
    let next = Number.POSITIVE_INFINITY;
    if (this.#isReading) return next;
    for (const machine of this.#machines) {
      next = Math.min(next, machine.nextTimeout() ?? Number.POSITIVE_INFINITY);
    }
    return next;
  }
}
