import { performance } from "node:perf_hooks";
import {
  type AttemptKey,
  createOwner,
  createTaker,
  GENERATION_COUNT,
  type HandoverInput,
  type HandoverState,
  isServing,
  type Peer,
  pingOf,
  type ServeOrigin,
  type Status,
  stepHandover,
} from "@dtls-cluster/handover";
import { MonitorConfigError } from "@dtls-cluster/monitor";
import type { ClusterNode } from "@dtls-cluster/nodes";
import { ConfigError } from "../config/config-error.ts";
import { CaliforniumDouble } from "./californium-double.ts";
import { ConnectionTransfer } from "./connection-transfer.ts";
import { type HandoverContext, openGate } from "./context.ts";
import { CopyLease } from "./copy-lease.ts";
import { Decisions } from "./decisions.ts";
import { GiverSide } from "./giver-side.ts";
import { handoverTurn } from "./handover-turn.ts";
import { PhaseRecord } from "./phase-record.ts";
import { formatProcess } from "./process-address.ts";
import { RestoreCalls } from "./restore-calls.ts";
import { RestoreService } from "./restore-service.ts";
import { TakerSide } from "./taker-side.ts";
import { Witness } from "./witness.ts";

export interface HandoverOptions extends Omit<HandoverContext, "feed" | "transfer"> {
  /** Names this start of the process; what its pings say. */
  readonly instance: number;
  /** The own cluster address, port 0 resolved. */
  readonly clusterAddress: () => { readonly address: string; readonly port: number } | undefined;
  /** Somebody who knows says that the process which had this address as the double's has ended. */
  readonly isGone: (host: string) => boolean;
  /** This process owns its node id from now on. */
  readonly onServe: (origin: ServeOrigin) => void;
  /** Nothing is left to be done. */
  readonly onStop: () => void;
}

/** A longer pause of the process counts as sleep, after which others may have gone on without it. */
const SLEEP_MS = 10_000;
const IDLE_CHECK_MS = 1000;
/** A new process asks this often where its double is. */
const FIND_MS = 250;
/** A relaying process asks its successor this often, in beats of a second. */
const STATUS_BEATS = 3;

/** Runs the handover's machine: gives it what happens, and carries out what it decides. */
export class Handover {
  readonly phases: PhaseRecord;
  readonly #options: HandoverOptions;
  readonly #context: HandoverContext;
  readonly #giver: GiverSide;
  readonly #taker: TakerSide;
  readonly #decisions: Decisions;
  readonly #witness: Witness;
  readonly #californium: CaliforniumDouble;
  readonly #inputs: HandoverInput[] = [];
  readonly #addresses = new Map<string, string>();
  readonly #heartbeat: NodeJS.Timeout;
  #state: HandoverState;
  #isStepping = false;
  #isClosed = false;
  #service: RestoreService | undefined;
  #calls: RestoreCalls | undefined;
  #lastBeat = performance.now();
  #lastTraffic = -1;
  #idleSince = 0;
  #beats = 0;
  #turn: NodeJS.Timeout | undefined;
  readonly #lease: CopyLease;

  constructor(options: HandoverOptions) {
    this.#options = options;
    const { config, secure, log } = options;
    this.#lease = new CopyLease(config.copyLeaseMs);
    const self = idOf(options.instance);
    this.#state =
      config.double === undefined
        ? createOwner(self)
        : createTaker(self, {
            id: "double",
            address: formatProcess({
              host: config.double.host,
              clusterPort: 0,
              httpsPort: config.double.port,
            }),
          });
    this.phases = new PhaseRecord(config.double === undefined ? "serving" : "joining", log);
    this.#context = {
      ...options,
      transfer: new ConnectionTransfer(secure),
      feed: (input) => this.feed(input),
    };
    this.#californium = new CaliforniumDouble(this.#context);
    this.#giver = new GiverSide(this.#context);
    secure.watcher = this.#giver;
    const taker = new TakerSide(this.#context, () => this.#calls);
    this.#taker = taker;
    this.#decisions = new Decisions(this.#context, {
      giver: this.#giver,
      taker,
      phases: this.phases,
      service: () => this.#service,
      calls: () => this.#calls,
      self: () => this.#self(),
      isLate: () => this.#state.phase === "late",
      onServe: options.onServe,
      onStop: options.onStop,
    });
    this.#witness = new Witness({
      state: () => this.#state,
      isGone: options.isGone,
      processAt: (address, port) => {
        const instance = options.channel.membership.table.at(address, port)?.instance;
        return instance === undefined ? undefined : idOf(instance);
      },
      dead: (id) => {
        // What it sent before its death comes first; the witness says so again.
        if (this.#calls?.isReading !== true) this.feed({ type: "peer-dead", id });
      },
    });
    this.#heartbeat = setInterval(() => this.#beat(), IDLE_CHECK_MS).unref();
  }

  /** True while this process opens and seals for its node id. */
  get isServing(): boolean {
    return isServing(this.#state) && this.#options.gate.mode === "open";
  }

  get generation(): number {
    return this.#state.side === "giver" ? this.#state.generation : 0;
  }

  /** True while a copy is on its way, so that an end of the process would lose what was begun. */
  get isHandingOver(): boolean {
    const { phase } = this.#state;
    return phase === "copying" || phase === "freezing" || phase === "frozen" || phase === "late";
  }

  /** Milliseconds since something came that it had to pass on; undefined for a process that has not handed over. */
  get relaySilenceMs(): number | undefined {
    if (this.#state.phase !== "relaying") return undefined;
    return this.#lastTraffic < 0 ? 0 : performance.now() - this.#idleSince;
  }

  /** Reads the certificates and opens the https port. @throws ConfigError */
  async open(): Promise<void> {
    const { config, log } = this.#options;
    if (config.double === undefined && config.https === undefined) return;
    if (config.double !== undefined) this.#taker.join();
    const { certificates } = config;
    const feed = (input: HandoverInput): void => this.feed(input);
    try {
      this.#calls = await RestoreCalls.open({
        certificates,
        self: () => this.#self(),
        feed,
        refused: (peer) => this.#witness.refused(peer),
        californium: (bytes) => this.#takeCalifornium(bytes),
        leaseTold: (ms) => this.#lease.told(ms),
        log,
      });
      if (config.https === undefined) return;
      const status = (): Status => this.#status();
      const address = config.https;
      const copied = (attempt: AttemptKey): void => this.#giver.copied(attempt);
      const californium = (): Uint8Array | undefined => this.#californium.give(this.#state.phase);
      const hasGiven = (): boolean => this.#californium.hasGiven;
      const double = { californium, hasGiven };
      const options = { address, certificates, feed, copied, status, log, ...double };
      this.#service = await RestoreService.open(options);
    } catch (error) {
      if (!(error instanceof MonitorConfigError)) throw error;
      const option = error.code === "MONITOR_PORT" ? "--handover" : "--certs";
      throw new ConfigError(`${option}: ${error.message}`);
    }
  }

  /** Owns the node id from the beginning. @param generation the one to begin with, in the place of the first. */
  own(generation: number): void {
    const { channel, clock } = this.#options;
    const owner = createOwner(this.#state.self);
    // The upper half may be in the hands of takers that the process of a saved file has known.
    const range =
      generation > owner.generation
        ? { next: generation + 1, end: GENERATION_COUNT / 2 }
        : owner.range;
    this.#state = { ...owner, generation, range };
    channel.membership.raiseGeneration(generation, clock());
  }

  /** The own group is complete. */
  groupReady(): void {
    if (this.#state.side !== "taker") return;
    const { channel, nodeId } = this.#options;
    const ms = handoverTurn(nodeId, channel.membership.table.nodes());
    this.#turn ??= setTimeout(() => this.feed({ type: "group-ready" }), ms);
    if (ms > 0) void this.#findDouble();
  }

  /** A ping or pong of another process with the own node id. */
  pingSeen(node: ClusterNode): void {
    if (node.instance === undefined) return;
    const id = idOf(node.instance);
    // Equal claims of processes that know nothing of each other are a mistake of an operator, not a handover.
    if (node.generation <= this.generation && !this.#addresses.has(id)) return;
    const known = this.#addresses.get(id);
    const address =
      known ?? formatProcess({ host: node.address, clusterPort: node.port, httpsPort: 0 });
    const role = node.generation > 0 ? "owner" : "none";
    const { generation } = node;
    this.feed({ type: "ping-seen", peer: { id, address }, role, generation, successor: undefined });
  }

  /** Takes an input, and all that it brings about. */
  feed(input: HandoverInput): void {
    const now = performance.now();
    if (now - this.#lastBeat > SLEEP_MS) this.#inputs.push({ type: "woke-up" });
    this.#lastBeat = now;
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        this.#learnAddress(next);
        if (next.type === "release-requested") this.#lease.askedBy(next.from.id, now);
        const { state, outputs } = stepHandover(this.#state, next);
        this.#state = state;
        for (const output of outputs) this.#decisions.carryOut(output);
        if (next.type === "stream-opened" && state.phase === "copying") {
          this.#taker.opened(next.giver);
        }
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Before the end of a process that handed over: drops the copy it kept, and says so. */
  async letGo(): Promise<void> {
    const state = this.#state;
    if (state.side !== "giver" || state.successor === undefined) return;
    const { reserve, successor } = state;
    const generation = reserve?.generation ?? successor.generation;
    this.feed({ type: "release-requested", from: successor, generation, attempt: 0 });
    if (this.#state.side === "giver" && this.#state.reserve !== undefined) return;
    await this.#calls?.tellRelease(successor, generation);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#turn);
    this.#decisions.stop();
    this.#witness.stop();
    this.#calls?.close();
    await this.#service?.close();
  }

  /** Its neighbours serve before its turn comes, so it has to know where what they send it belongs. */
  async #findDouble(): Promise<void> {
    while (this.#state.side === "taker" && this.#state.phase === "joining" && !this.#isClosed) {
      const found = await this.#calls?.findCluster(this.#state.source);
      if (this.#state.phase !== "joining" || this.#isClosed) return;
      if (found !== undefined) return this.#taker.opened(found);
      await new Promise((resolve) => setTimeout(resolve, FIND_MS).unref());
    }
  }

  /** The double is a node of Californium, and streamed all it had. */
  #takeCalifornium(bytes: Uint8Array): void {
    if (this.#state.side !== "taker") return;
    const generation = this.#californium.take(bytes);
    this.#decisions.stop();
    this.own(generation);
    this.#taker.served(false);
    openGate(this.#context);
    this.phases.enter("serving", "took over from Californium");
    this.#options.onServe("taken");
  }

  #beat(): void {
    const { phase } = this.#state;
    const now = performance.now();
    if (now - this.#lastBeat > SLEEP_MS) this.feed({ type: "woke-up" });
    this.#lastBeat = now;
    for (const input of this.#lease.inputs(this.#state, now)) this.feed(input);
    if (phase !== "relaying") return;
    this.#askStatus(now);
    const { received, receivedCluster } = this.#options.channel.forwarder.counters();
    if (received + receivedCluster !== this.#lastTraffic) {
      this.#lastTraffic = received + receivedCluster;
      this.#idleSince = now;
    } else if (now - this.#idleSince >= this.#options.config.relayIdleMs) {
      this.feed({ type: "flows-idle" });
    }
  }

  /** Pings do not say all: two processes that relay to each other find out by asking. */
  #askStatus(now: number): void {
    if (this.#state.side !== "giver" || this.#state.successor === undefined) return;
    this.#beats += 1;
    if (this.#beats % STATUS_BEATS === 0) {
      const answer = this.#calls?.askRelease(this.#state.successor, 0, 0);
      void answer?.then((isAnswered) => {
        if (isAnswered) this.#lease.renewed(now);
      });
    }
  }

  /** Pings name no https address, so those that were told over https are kept. */
  #learnAddress(input: HandoverInput): void {
    const peer =
      input.type === "restore-requested"
        ? input.taker
        : input.type === "stream-opened"
          ? input.giver
          : undefined;
    if (peer === undefined) return;
    if (this.#addresses.size >= 64) this.#addresses.clear();
    this.#addresses.set(peer.id, peer.address);
  }

  #self(): Peer {
    const { config } = this.#options;
    const cluster = this.#options.clusterAddress();
    const address = formatProcess({
      host: cluster?.address ?? "",
      clusterPort: cluster?.port ?? 0,
      httpsPort: config.https?.port ?? 0,
    });
    return { id: this.#state.self, address };
  }

  #status(): Status {
    const { role, generation, successor } = pingOf(this.#state);
    const from = this.#self();
    return successor === undefined
      ? { from, role, generation }
      : { from, role, generation, successor };
  }
}

function idOf(instance: number): string {
  return instance.toString(16).padStart(8, "0");
}
