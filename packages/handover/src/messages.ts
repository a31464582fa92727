import type { GenerationRange, Grant } from "./generation.ts";
import type { HandoverInput } from "./inputs.ts";
import type { RestoreRefusal } from "./outputs.ts";
import type { AttemptKey, Owner, Peer, PingRole } from "./peer.ts";

/**
 * What the two sides say over https, apart from the state stream itself. Questions are query parameters, answers
 * are one line of JSON with status 200, also when they refuse.
 *
 *   GET  /restore           the line, and after a grant the state stream
 *   POST /restore/activate  the line
 *   POST /restore/release   the line
 */
export type RestoreAnswer =
  | {
      readonly giver: Peer;
      readonly grant: Grant;
      /** How long the giver keeps its sealed copy without a word from the taker, in milliseconds. */
      readonly copyLeaseMs?: number;
    }
  | { readonly refused: RestoreRefusal; readonly from: string; readonly owner?: Owner };

/** `from` speaks; the other fields are what its pings say, see {@link pingOf}. */
export interface Status {
  readonly from: Peer;
  readonly role: PingRole;
  readonly generation: number;
  readonly successor?: string;
}

/** Answer to `POST /restore/activate`. */
export interface ActivateAnswer {
  readonly accepted: boolean;
}

/** Answer to `POST /restore/release`: whether the copy is gone, and what the process is. */
export interface ReleaseAnswer {
  readonly released: boolean;
  readonly status: Status;
}

/** Longest answer line in characters, the line feed included. */
export const MAX_ANSWER_LENGTH = 1024;

export type HandoverQuery = Readonly<Record<string, string>>;

export function restoreQuery(taker: Peer, number: number): HandoverQuery {
  return { taker: taker.id, address: taker.address, attempt: String(number) };
}

export function activateQuery(attempt: AttemptKey, round: number): HandoverQuery {
  return { taker: attempt.taker, attempt: String(attempt.number), round: String(round) };
}

export function releaseQuery(from: Peer, generation: number, attempt: number): HandoverQuery {
  const { id, address } = from;
  return { from: id, address, generation: String(generation), attempt: String(attempt) };
}

/** The input that a question makes, or undefined when it is malformed (answer 400). */
export function parseQuery(
  kind: "restore" | "activate" | "release",
  query: { get(name: string): string | null },
): HandoverInput | undefined {
  const text = (name: string): string | undefined => shortText(query.get(name));
  const number = (name: string): number | undefined => digits(query.get(name));
  const attempt = number("attempt");
  const address = text("address");
  const id = text(kind === "release" ? "from" : "taker");
  if (id === undefined || attempt === undefined) return undefined;
  if (kind === "activate") {
    const round = number("round");
    if (round === undefined) return undefined;
    return { type: "activate-requested", attempt: { taker: id, number: attempt }, round };
  }
  if (address === undefined) return undefined;
  const peer = { id, address };
  if (kind === "restore") return { type: "restore-requested", taker: peer, number: attempt };
  const generation = number("generation");
  if (generation === undefined) return undefined;
  return { type: "release-requested", from: peer, generation, attempt };
}

/** The input that the line of `GET /restore` makes, or undefined when it is malformed. */
export function restoreInput(attempt: AttemptKey, answer: unknown): HandoverInput | undefined {
  if (!isRecord(answer)) return undefined;
  const grant = asGrant(answer["grant"]);
  const giver = asPeer(answer["giver"]);
  if (grant && giver) return { type: "stream-opened", attempt, giver, grant };
  const reason = REFUSALS.find((known) => known === answer["refused"]);
  const from = shortText(answer["from"]);
  if (reason === undefined || from === undefined) return undefined;
  return { type: "restore-refused", attempt, reason, from, owner: asOwner(answer["owner"]) };
}

/** The giver's `copyLeaseMs`, 1 s to a day; undefined when the answer says none, as older givers do. */
export function copyLeaseOf(answer: unknown): number | undefined {
  const ms = isRecord(answer) ? answer["copyLeaseMs"] : undefined;
  const isNumber = typeof ms === "number" && Number.isInteger(ms);
  return isNumber && ms >= 1000 && ms <= 86_400_000 ? ms : undefined;
}

export function activateInput(
  attempt: AttemptKey,
  round: number,
  answer: unknown,
): HandoverInput | undefined {
  if (!isRecord(answer) || typeof answer["accepted"] !== "boolean") return undefined;
  return { type: answer["accepted"] ? "activate-accepted" : "activate-refused", attempt, round };
}

/** The inputs, in order, of an answer to the question `releaseQuery(from, generation, attempt)` to `of`. */
export function releaseInputs(
  of: string,
  generation: number,
  answer: unknown,
): readonly HandoverInput[] {
  if (!isRecord(answer)) return [];
  const ping = asPing(answer["status"]);
  const inputs: HandoverInput[] = ping === undefined ? [] : [ping];
  if (answer["released"] === true) inputs.push({ type: "copy-released", from: of, generation });
  return inputs;
}

function asPing(status: unknown): HandoverInput | undefined {
  if (!isRecord(status)) return undefined;
  const peer = asPeer(status["from"]);
  const role = ROLES.find((known) => known === status["role"]);
  const generation = asGeneration(status["generation"]);
  if (peer === undefined || role === undefined || generation === undefined) return undefined;
  const successor = shortText(status["successor"]);
  return { type: "ping-seen", peer, role, generation, successor };
}

const REFUSALS: readonly RestoreRefusal[] = [
  "busy",
  "copy-outstanding",
  "generations-exhausted",
  "handed-over",
  "not-owner",
  "stale-attempt",
];
const ROLES: readonly PingRole[] = ["owner", "relaying", "none"];

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function shortText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= 128 ? value : undefined;
}

function digits(value: string | null): number | undefined {
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function asGeneration(value: unknown): number | undefined {
  const isNumber = typeof value === "number" && Number.isInteger(value);
  return isNumber && value >= 0 && value <= 65_536 ? value : undefined;
}

function asPeer(value: unknown): Peer | undefined {
  if (!isRecord(value)) return undefined;
  const id = shortText(value["id"]);
  const address = shortText(value["address"]);
  return id === undefined || address === undefined ? undefined : { id, address };
}

function asOwner(value: unknown): Owner | undefined {
  const peer = asPeer(value);
  const generation = isRecord(value) ? asGeneration(value["generation"]) : undefined;
  return peer === undefined || generation === undefined ? undefined : { ...peer, generation };
}

function asRange(value: unknown): GenerationRange | undefined {
  if (!isRecord(value)) return undefined;
  const next = asGeneration(value["next"]);
  const end = asGeneration(value["end"]);
  if (next === undefined || end === undefined || next > end) return undefined;
  return { next, end };
}

function asGrant(value: unknown): Grant | undefined {
  if (!isRecord(value)) return undefined;
  const generation = asGeneration(value["generation"]);
  const range = asRange(value["range"]);
  const spare = asRange(value["spare"]);
  if (generation === undefined || range === undefined || spare === undefined) return undefined;
  const isOrdered = generation < range.next && range.end <= spare.next && spare.next < spare.end;
  return isOrdered ? { generation, range, spare } : undefined;
}
