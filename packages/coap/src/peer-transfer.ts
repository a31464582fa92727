import type { Association } from "./association.ts";
import { hasValidHeader } from "./decode-message.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import { CoapUsageError } from "./errors.ts";
import { continueMessageIds } from "./message-ids.ts";
import type { CoapPeerState, DuplicateState } from "./peer-state.ts";
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
  return { nextMessageId: peer.nextMessageId, duplicates, unacknowledged, mark: peer.mark };
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
    server.sendConfirmable(row, new Uint8Array(message), now, false);
  }
}

function checkState(state: CoapPeerState): void {
  const { nextMessageId } = state;
  if (!(Number.isInteger(nextMessageId) && nextMessageId >= -1 && nextMessageId <= 0xffff)) {
    throw new CoapUsageError(`nextMessageId ${nextMessageId} is not -1 to 65535`);
  }
  for (const { messageId, kind, ageMs, answer } of state.duplicates) {
    const isValid =
      Number.isInteger(messageId) &&
      messageId >= 0 &&
      messageId <= 0xffff &&
      (kind === 0 || kind === 1 || kind === 2 || kind === 3) &&
      ageMs >= 0 &&
      answer.length <= 0xffff &&
      isMessageStart(answer);
    if (!isValid) throw new CoapUsageError("a deduplication entry is malformed");
  }
  if (!state.unacknowledged.every((message) => isMessageStart(message))) {
    throw new CoapUsageError("an unacknowledged response is malformed");
  }
}

function isMessageStart(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return hasValidHeader(bytes) || (first >> 6 === 1 && bytes.length === 4 + (first & 15));
}

function messageIdOf(message: Uint8Array): number {
  return ((message[2] as number) << 8) | (message[3] as number);
}
