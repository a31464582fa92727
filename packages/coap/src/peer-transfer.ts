import type { Association } from "./association.ts";
import { decodeMessage, hasValidHeader } from "./decode-message.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import { CoapUsageError } from "./errors.ts";
import type { CoapMessage } from "./message.ts";
import { continueMessageIds } from "./message-ids.ts";
import type { CoapPeerState, DuplicateState, ObservationState } from "./peer-state.ts";
import type { ServerRole } from "./server-role.ts";
import { ServerRow } from "./server-row.ts";

export function exportPeer<T>(
  core: EndpointCore<T>,
  peer: Association<T>,
  now: number,
  since: number,
): CoapPeerState {
  const duplicates: DuplicateState[] = [];
  const log = peer.duplicates;
  if (log !== undefined) {
    for (const at of log.offsets()) {
      const kind = log.kind(at);
      const ageMs = log.age(at, now);
      if (log.mark(at) <= since || ageMs >= core.lifetimes.of(kind)) continue;
      duplicates.push({ messageId: log.messageId(at), kind, ageMs, answer: log.answer(at) });
    }
  }
  for (let row = peer.pending; row !== undefined; row = row.next) {
    const answer = new Uint8Array(4 + row.tokenLength);
    answer[0] = 0x60 | row.tokenLength;
    answer[2] = row.messageId >> 8;
    answer[3] = row.messageId;
    row.writeToken(answer);
    duplicates.push({
      messageId: row.messageId,
      kind: row.confirmable ? (row.isAccepted ? 1 : 2) : 3,
      ageMs: Math.max(0, Math.floor(now - row.receivedAt)),
      answer,
    });
  }
  const unacknowledged: Uint8Array[] = [];
  for (let row = peer.unacknowledged; row !== undefined; row = row.next) {
    if (row.message !== undefined) unacknowledged.push(new Uint8Array(row.message));
  }
  const { nextMessageId, mark } = peer;
  if (peer.observations === undefined) return { nextMessageId, duplicates, unacknowledged, mark };
  const observations = peer.observations.map(({ request, sequence, lastMessageId }) => ({
    request: new Uint8Array(request.bytes),
    sequence,
    lastMessageId,
  }));
  return { nextMessageId, duplicates, unacknowledged, observations, mark };
}

export function importPeer<T>(
  core: EndpointCore<T>,
  server: ServerRole<T>,
  peer: Association<T>,
  state: CoapPeerState,
  now: number,
): void {
  checkState(state);
  continueMessageIds(peer, state.nextMessageId, now);
  for (const { messageId, kind, ageMs, answer } of state.duplicates) {
    const known = peer.duplicates?.find(messageId, now, core.lifetimes) ?? -1;
    const isKnown =
      known >= 0 &&
      peer.duplicates?.kind(known) === kind &&
      peer.duplicates.hasTokenOf(known, answer);
    if (isKnown || ageMs >= core.lifetimes.of(kind)) continue;
    core.remember(peer, messageId, kind, answer, answer.length, now - ageMs, now);
  }
  importObservations(core, server, peer, state.observations ?? [], now);
  const wanted = new Set(state.unacknowledged.map(messageIdOf));
  for (let row = peer.unacknowledged; row !== undefined; ) {
    const next: ServerRow<T> | undefined = row.next;
    if (!wanted.delete(row.ownMessageId)) server.giveUp(row);
    row = next;
  }
  for (const message of state.unacknowledged) {
    if (!wanted.has(messageIdOf(message))) continue;
    const row = new ServerRow<T>(peer, -1, true, message, now);
    row.isOpen = false;
    server.observing.adoptNotification(row, message);
    server.sendConfirmable(row, new Uint8Array(message), now, false);
  }
}

function importObservations<T>(
  core: EndpointCore<T>,
  server: ServerRole<T>,
  peer: Association<T>,
  states: readonly ObservationState[],
  now: number,
): void {
  const { observing } = server;
  const listed = new Set(
    states.map(({ request, sequence, lastMessageId }) => {
      const known = observing.find(peer, request);
      const observation = known ?? observing.adopt(peer, decodedRequest(request), sequence, now);
      observation.sequence = sequence;
      observation.lastMessageId = lastMessageId;
      if (known === undefined) core.sink.observed?.(observation, now);
      return observation;
    }),
  );
  for (const observation of [...(peer.observations ?? [])]) {
    if (!listed.has(observation)) observing.end(observation, "ended", now);
  }
}

function decodedRequest(bytes: Uint8Array): CoapMessage {
  const request = decodeMessage(new Uint8Array(bytes));
  if (request === undefined) throw new CoapUsageError("the request of an observation is malformed");
  return request;
}

function checkState(state: CoapPeerState): void {
  const { nextMessageId } = state;
  if (!isInteger(nextMessageId, -1, 0xffff)) {
    throw new CoapUsageError(`nextMessageId ${nextMessageId} is not -1 to 65535`);
  }
  for (const { messageId, kind, ageMs, answer } of state.duplicates) {
    const isValid =
      isInteger(messageId, 0, 0xffff) &&
      (kind === 0 || kind === 1 || kind === 2 || kind === 3) &&
      ageMs >= 0 &&
      answer.length <= 0xffff &&
      isMessageStart(answer);
    if (!isValid) throw new CoapUsageError("a deduplication entry is malformed");
  }
  for (const { request, sequence, lastMessageId } of state.observations ?? []) {
    const isValid =
      isInteger(sequence, 0, 0xffffff) &&
      isInteger(lastMessageId, -1, 0xffff) &&
      decodeMessage(request) !== undefined;
    if (!isValid) throw new CoapUsageError("an observation is malformed");
  }
  if (!state.unacknowledged.every((message) => isMessageStart(message))) {
    throw new CoapUsageError("an unacknowledged response is malformed");
  }
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function isMessageStart(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return hasValidHeader(bytes) || (first >> 6 === 1 && bytes.length === 4 + (first & 15));
}

function messageIdOf(message: Uint8Array): number {
  return ((message[2] as number) << 8) | (message[3] as number);
}
