/*
 * The return routability check of RFC 9853, seen from the side that observes a new address of its peer:
 *
 *   newest authentic record from a new address
 *     |
 *     | enhanced                                 basic
 *     v                                            |
 *   old-path: challenge to the bound address       |
 *     | path_response ------> the bound address stays
 *     | path_drop, or nothing within T             |
 *     v                                            v
 *   new-path: challenge to the new address, with data up to three times what came from there
 *     | path_response ------> the new address is bound
 *     | nothing within T ---> the bound address stays
 *
 * A newest record from the bound address ends the check at once, one from a third address begins another.
 */

import type { Association } from "./association.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import type { DatagramOutcome } from "./events.ts";
import type { Path } from "./path.ts";
import type { Reception } from "./reception.ts";
import { ContentType } from "./record/content-type.ts";
import {
  encodePathMessage,
  hasCookie,
  PathMessageType,
  pathMessageLength,
} from "./record/return-routability.ts";

/** T of RFC 9853 section 5.5, for who does not know the round-trip time. */
const TIMEOUT_MS = 1000;
const CHALLENGES = 3;
/** Bytes that may go to an address for each that came from there, until it is proven. */
const AMPLIFICATION = 3;
/** Datagrams that wait for the end of a check. */
const MAX_HELD = 16;

/** A check in progress. */
export interface PathCheck {
  phase: "old-path" | "new-path";
  candidate: Path;
  /** Of the challenges of this phase; each has its own. */
  cookies: Uint8Array[];
  /** Bytes that may still go to the candidate. */
  credit: number;
  /** Sealed datagrams that wait for the result. */
  readonly held: Uint8Array[];
}

/** A newest authentic record of `length` bytes came from another address than the bound one. */
export function observeNewAddress(
  core: EndpointCore,
  association: Association,
  candidate: Path,
  length: number,
  now: number,
): void {
  const running = association.pathCheck;
  const credit = AMPLIFICATION * length;
  if (running !== undefined && isSameAddress(running.candidate, candidate)) {
    running.candidate = candidate;
    running.credit += credit;
    release(core, running);
    return;
  }
  core.counters.pathChecks += 1;
  const isEnhanced = core.config.returnRoutability === "enhanced";
  association.pathCheck = {
    phase: isEnhanced ? "old-path" : "new-path",
    candidate,
    cookies: [],
    credit,
    held: running?.held ?? [],
  };
  challenge(core, association, association.pathCheck, now);
}

/** Sends a sealed datagram while a check goes on: to the candidate within its limit, else when the check ends. */
export function sendDuringCheck(
  core: EndpointCore,
  association: Association,
  check: PathCheck,
  datagram: Uint8Array,
): void {
  if (check.held.length >= MAX_HELD) {
    core.transmit(datagram, association.path);
    return;
  }
  check.held.push(datagram);
  release(core, check);
}

/** The next challenge, the next phase, or the end. */
export function onPathDeadline(
  core: EndpointCore,
  association: Association,
  check: PathCheck,
  now: number,
): void {
  if (check.cookies.length < CHALLENGES) {
    challenge(core, association, check, now);
  } else if (check.phase === "old-path") {
    probeNewPath(core, association, check, now);
  } else {
    abandonCheck(core, association, now);
  }
}

/** Ends a check, if there is one, without a change of the bound address. */
export function abandonCheck(core: EndpointCore, association: Association, now: number): void {
  if (association.pathCheck === undefined) return;
  core.counters.pathChecksFailed += 1;
  endCheck(core, association, now);
}

/** Takes a return_routability_check message; it moves nothing but by a cookie. */
export function receivePathMessage(
  core: EndpointCore,
  association: Association,
  { opened, address, port, via, now }: Reception,
): DatagramOutcome {
  if (!association.checksPath || association.phase !== "connected") return "unexpected";
  const message = opened.content;
  const type = message[0];
  if (type === undefined) return "malformed";
  // RFC 9853 section 4: messages of other types are ignored.
  if (type > PathMessageType.drop) return "handled";
  if (message.length !== pathMessageLength) return "malformed";
  if (type === PathMessageType.challenge) {
    const path = { address, port, via };
    const isPreferred = core.config.prefersPath(association, path);
    const answer = isPreferred ? PathMessageType.response : PathMessageType.drop;
    const datagram = seal(core, association, encodePathMessage(answer, message.subarray(1)), now);
    if (datagram !== undefined) core.transmit(datagram, path);
    return "handled";
  }
  const check = association.pathCheck;
  if (!check?.cookies.some((cookie) => hasCookie(message, cookie))) return "unexpected";
  if (check.phase === "new-path") {
    if (type === PathMessageType.drop) return "unexpected";
    const isFromThere = isSameAddress(check.candidate, { address, port });
    bind(core, association, isFromThere ? { address, port, via } : check.candidate, now);
  } else if (type === PathMessageType.drop) {
    probeNewPath(core, association, check, now);
  } else {
    abandonCheck(core, association, now);
  }
  return "handled";
}

function probeNewPath(
  core: EndpointCore,
  association: Association,
  check: PathCheck,
  now: number,
): void {
  check.phase = "new-path";
  check.cookies = [];
  challenge(core, association, check, now);
  release(core, check);
}

/** Each challenge has a cookie of its own (RFC 9853 section 5.3). */
function challenge(
  core: EndpointCore,
  association: Association,
  check: PathCheck,
  now: number,
): void {
  const cookie = new Uint8Array(pathMessageLength - 1);
  core.config.entropy.fill(cookie);
  check.cookies.push(cookie);
  core.deadlines.set(association, now + TIMEOUT_MS / CHALLENGES);
  const length = pathMessageLength + (association.sealer?.overhead ?? 0);
  if (check.phase === "new-path" && length > check.credit) return;
  const message = encodePathMessage(PathMessageType.challenge, cookie);
  const datagram = seal(core, association, message, now);
  if (datagram === undefined) return;
  if (check.phase === "old-path") {
    core.transmit(datagram, association.path);
  } else {
    check.credit -= datagram.length;
    core.transmit(datagram, check.candidate);
  }
}

function seal(
  core: EndpointCore,
  association: Association,
  message: Uint8Array,
  now: number,
): Uint8Array | undefined {
  const datagram = association.sealer?.sealDatagram(ContentType.returnRoutabilityCheck, message);
  if (datagram === undefined) {
    core.closeAtLimit(association, "sequence-number", now);
    return undefined;
  }
  core.counters.recordsSealed += 1;
  association.isDirty = true;
  return datagram;
}

/** Sends what waits, in order, as far as the limit goes. */
function release(core: EndpointCore, check: PathCheck): void {
  if (check.phase === "old-path") return;
  for (;;) {
    const [datagram] = check.held;
    if (datagram === undefined || datagram.length > check.credit) return;
    check.held.shift();
    check.credit -= datagram.length;
    core.transmit(datagram, check.candidate);
  }
}

function bind(core: EndpointCore, association: Association, to: Path, now: number): void {
  const from = association.path;
  core.setPath(association, to);
  core.counters.pathChanges += 1;
  association.isDirty = true;
  endCheck(core, association, now);
  core.event({ type: "path-changed", connection: association, from, to }, now);
}

function endCheck(core: EndpointCore, association: Association, now: number): void {
  const held = association.pathCheck?.held ?? [];
  association.pathCheck = undefined;
  if (association.lastFlight === undefined) core.deadlines.cancel(association);
  else core.deadlines.set(association, now + core.config.limits.handshakeLifetimeMs);
  for (const datagram of held) core.transmit(datagram, association.path);
}

function isSameAddress(
  a: { readonly address: string; readonly port: number },
  b: { readonly address: string; readonly port: number },
): boolean {
  return a.port === b.port && a.address === b.address;
}
