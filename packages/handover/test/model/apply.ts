import { type HandoverInput, type HandoverOutput, pingOf } from "../../src/index.ts";
import {
  type Copy,
  type Interner,
  indexOf,
  type Message,
  type Process,
  pingMessage,
  type Reducer,
  type World,
} from "./world.ts";

/** A rule was broken in this very step. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** A world under change: the driver of the model, as apps/server is the driver of the real thing. */
class Change {
  processes: Process[];
  versions: number[];
  terms: string[];
  sent: Message[] = [];

  constructor(world: World) {
    this.processes = [...world.processes];
    this.versions = [...world.versions];
    this.terms = [...world.terms];
  }
}

/** Feeds `input` to process `index` and carries out what it answers. */
export function apply(
  world: World,
  index: number,
  input: HandoverInput,
  copy: Copy | undefined,
  reduce: Reducer,
  messages: Interner<Message>,
  checks: boolean,
): World {
  const process = world.processes[index];
  if (process === undefined) return world;
  const step = reduce(process.machine, input);
  if (step.state === process.machine && step.outputs.length === 0) return world;
  const change = new Change(world);
  const received = input.type === "copy-complete" && step.state !== process.machine;
  change.processes[index] = {
    ...process,
    machine: step.state,
    incoming: received ? copy : process.incoming,
  };
  const isWarned = step.outputs.some((output) => output.type.startsWith("warn-"));
  for (const output of step.outputs) carryOut(change, index, output, isWarned, checks);
  const ping = pingMessage(step.state);
  if (ping !== undefined) change.sent.push(ping);
  return {
    processes: change.processes,
    messages: merge(world.messages, change, messages),
    versions: change.versions,
    terms: change.terms,
    budget: world.budget,
  };
}

function merge(
  old: readonly number[],
  change: Change,
  messages: Interner<Message>,
): readonly number[] {
  const all = new Set<number>();
  for (const id of old) if (!isStale(messages.valueOf(id), change)) all.add(id);
  for (const message of change.sent) {
    const receiver = change.processes[message.to];
    if (message.to >= 0 && (receiver === undefined || receiver.status === "dead")) continue;
    if (!isStale(message, change)) all.add(messages.idOf(message));
  }
  return [...all].sort((a, b) => a - b);
}

/** Answers to an attempt that its taker gave up: an http client has closed that connection. */
function isStale({ to, input }: Message, change: Change): boolean {
  if (to < 0 || !("attempt" in input) || typeof input.attempt === "number") return false;
  const { taker, number } = input.attempt;
  return indexOf(taker) === to && number < (change.processes[to]?.machine.attempts ?? 0);
}

function carryOut(
  change: Change,
  index: number,
  output: HandoverOutput,
  isWarned: boolean,
  checks: boolean,
): void {
  const process = change.processes[index] as Process;
  const self = { id: process.machine.self, address: process.machine.self };
  const send = (to: string, input: HandoverInput, copy?: Copy): void => {
    change.sent.push({ to: indexOf(to), input, copy });
  };
  switch (output.type) {
    case "serve":
      serve(change, index, output, isWarned, checks);
      return;
    case "announce-generation":
      claim(process, output.generation);
      return;
    case "drop-copy":
      change.processes[index] = { ...process, own: undefined };
      return;
    case "discard-incoming":
      change.processes[index] = { ...process, incoming: undefined };
      return;
    case "open-stream":
      send(output.from.id, {
        type: "restore-requested",
        taker: self,
        number: output.attempt.number,
      });
      return;
    case "start-stream": {
      const { attempt, grant } = output;
      send(attempt.taker, { type: "stream-opened", attempt, giver: self, grant });
      return;
    }
    case "send-end-mark":
      send(output.attempt.taker, { type: "copy-complete", attempt: output.attempt }, process.own);
      return;
    case "send-late":
      send(output.attempt.taker, { type: "late-arrived", attempt: output.attempt });
      return;
    case "refuse-restore": {
      const { attempt, reason, owner } = output;
      send(attempt.taker, { type: "restore-refused", attempt, reason, from: self.id, owner });
      return;
    }
    case "send-activate": {
      const { attempt, round, to } = output;
      send(to.id, { type: "activate-requested", attempt, round });
      return;
    }
    case "accept-activation":
    case "refuse-activation": {
      const type = output.type === "accept-activation" ? "activate-accepted" : "activate-refused";
      send(output.attempt.taker, { type, attempt: output.attempt, round: output.round });
      return;
    }
    case "ask-release": {
      const { of, generation, attempt } = output;
      send(of.id, { type: "release-requested", from: self, generation, attempt });
      return;
    }
    case "answer-release":
      send(output.to.id, { type: "copy-released", from: self.id, generation: output.generation });
      return;
    default:
      return;
  }
}

/** Pings tell a generation without a role, so that whoever sends it is believed to own in it. */
function claim({ machine }: Process, generation: number): void {
  const isOwn = machine.side === "giver" && machine.generation === generation;
  if (!isOwn || pingOf(machine).role === "relaying") {
    throw new Violation(`claims generation ${generation} without owning in it`);
  }
}

function serve(
  change: Change,
  index: number,
  output: Extract<HandoverOutput, { type: "serve" }>,
  isWarned: boolean,
  checks: boolean,
): void {
  const process = change.processes[index] as Process;
  const { origin, generation } = output;
  const fromStream = origin === "taken" || origin === "unacknowledged";
  let copy = fromStream ? process.incoming : process.own;
  if (origin === "empty") {
    change.versions.push(0);
    copy = { lineage: change.versions.length - 1, version: 0 };
  }
  if (copy === undefined) throw new Violation(`${origin}: serves half a state`);
  const current = change.versions[copy.lineage] ?? 0;
  if (checks && copy.version !== current && !isWarned) {
    throw new Violation(`${origin}: serves an old copy without a warning`);
  }
  const term = `${copy.lineage}:${generation}`;
  if (change.terms.includes(term)) throw new Violation(`${origin}: generation ${term} used twice`);
  change.terms = [...change.terms, term].sort();
  change.versions[copy.lineage] = current + 1;
  const own = { lineage: copy.lineage, version: current + 1 };
  change.processes[index] = { ...process, own, incoming: undefined };
}
