import { NonceAuditor, Random, type VirtualSocket, World } from "@dtls-cluster/testkit";
import { Device } from "./device.ts";
import { Ledger } from "./ledger.ts";
import { ServerNode } from "./server-node.ts";

const DEVICES = 8;
const STEP_MS = 500;

/** What one seed came to. */
export interface SoakResult {
  readonly answers: number;
  readonly failures: number;
  readonly handshakes: number;
  readonly handovers: number;
  readonly kills: number;
  readonly sealedRecords: number;
  readonly wrongAnswers: number;
  readonly doubleExecutions: number;
  readonly noncesTwice: number;
}

/** Runs devices against one server address for so many minutes of virtual time; the seed decides everything. */
export function soak(seed: number, minutes: number): SoakResult {
  const auditor = new NonceAuditor({
    serverOf: ({ address }) => (address === "10.0.0.1" ? "cluster" : undefined),
    cidLengthToServer: 6,
    cidLengthToClient: 6,
  });
  const conditions = { delayMs: 20, jitterMs: 80, loss: 0.1, duplicate: 0.1 };
  const world = new World({ seed, auditor, conditions });
  const run = new Run(world, seed);
  for (let left = (minutes * 60_000) / STEP_MS; left > 0; left -= 1) run.step();
  const { ledger } = run;
  return {
    answers: ledger.answers,
    failures: ledger.failures,
    handshakes: run.handshakes,
    handovers: run.handovers,
    kills: run.kills,
    sealedRecords: auditor.sealedRecords,
    wrongAnswers: ledger.wrongAnswers,
    doubleExecutions: ledger.doubleExecutions,
    noncesTwice: auditor.violations.length,
  };
}

class Run {
  readonly ledger = new Ledger();
  readonly #world: World;
  readonly #random: Random;
  readonly #socket: VirtualSocket;
  readonly #devices: readonly Device[];
  #node: ServerNode;
  #generation = 0;
  handovers = 0;
  kills = 0;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed);
    this.#socket = world.socket("10.0.0.1", 5684);
    this.#devices = Array.from({ length: DEVICES }, (_, i) => new Device(world, this.ledger, i));
    this.#node = this.#newNode();
    this.#node.serve(this.#socket);
  }

  get handshakes(): number {
    return this.#devices.reduce((sum, { handshakes }) => sum + handshakes, 0);
  }

  step(): void {
    for (const [index, device] of this.#devices.entries()) {
      if (this.#random.chance(0.3)) device.act();
      if (this.#random.chance(0.01)) {
        const port = 40_000 + this.#random.integer(20_000);
        device.socket.move({ address: `10.0.1.${index}`, port });
      }
      if (this.#random.chance(0.001)) device.restart();
    }
    if (this.#random.chance(0.03)) this.#handOver();
    if (this.#random.chance(0.01)) this.#tryInVain();
    if (this.#random.chance(0.002)) this.#kill();
    this.#world.runFor(STEP_MS);
  }

  #newNode(): ServerNode {
    this.#generation += 1;
    return new ServerNode(this.#world, this.#socket, this.ledger, this.#generation);
  }

  #handOver(): void {
    const next = this.#newNode();
    this.#node.giveTo(next, this.#world.now);
    this.#node = next;
    next.serve(this.#socket);
    this.handovers += 1;
  }

  /** The taker dies with a whole copy in its hands. */
  #tryInVain(): void {
    const taker = this.#newNode();
    this.#generation += 1;
    this.#node.giveInVain(taker, this.#generation, this.#world.now);
    this.kills += 1;
  }

  /** All is lost, and the devices have to find out. */
  #kill(): void {
    this.#node.dtls.sealForEver();
    this.#node = this.#newNode();
    this.#node.serve(this.#socket);
    this.kills += 1;
  }
}
