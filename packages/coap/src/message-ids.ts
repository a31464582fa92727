import type { Association } from "./association.ts";

const GROUP_BITS = 12;
const GROUP_MASK = (1 << GROUP_BITS) - 1;

/**
 * Message ids of one peer are given out in order, in 16 groups of 4096. A group may be entered
 * again only `lifetimeMs` after its last id was used: exact to the group, for 16 numbers of state.
 */
export function messageIdAvailableAt<T>(
  peer: Association<T>,
  now: number,
  lifetimeMs: number,
): number {
  const next = peer.nextMessageId;
  if (lifetimeMs === 0 || next < 0 || (next & GROUP_MASK) !== 0) return now;
  const usedAt = peer.groupsUsedAt?.[next >> GROUP_BITS] ?? Number.NEGATIVE_INFINITY;
  return Math.max(now, usedAt + lifetimeMs);
}

/** Takes the next message id, -1 when none is free now. @param first where a new peer starts. */
export function takeMessageId<T>(
  peer: Association<T>,
  now: number,
  lifetimeMs: number,
  first: number,
): number {
  if (peer.nextMessageId < 0) peer.nextMessageId = first;
  // At most one turn per waiting exchange, which the limits bound.
  for (let turn = 0; turn < 0x10000; turn += 1) {
    if (messageIdAvailableAt(peer, now, lifetimeMs) > now) return -1;
    const id = peer.nextMessageId;
    peer.nextMessageId = (id + 1) & 0xffff;
    if (lifetimeMs > 0 && (id & GROUP_MASK) === GROUP_MASK) {
      peer.groupsUsedAt ??= new Array<number>(16).fill(Number.NEGATIVE_INFINITY);
      peer.groupsUsedAt[id >> GROUP_BITS] = now;
    }
    if (!isWaitedFor(peer, id)) return id;
  }
  return -1;
}

/**
 * Goes on where another process stopped: what that one used is taken as used just now, so at most
 * 4096 ids are left for the first lifetime.
 */
export function continueMessageIds<T>(peer: Association<T>, next: number, now: number): void {
  if (next < 0 || peer.nextMessageId === next) return;
  peer.nextMessageId = next;
  peer.groupsUsedAt = new Array<number>(16).fill(now);
  peer.groupsUsedAt[next >> GROUP_BITS] = Number.NEGATIVE_INFINITY;
}

function isWaitedFor<T>(peer: Association<T>, id: number): boolean {
  for (let row = peer.exchanges; row !== undefined; row = row.next) {
    if (row.messageId === id) return true;
  }
  for (let row = peer.unacknowledged; row !== undefined; row = row.next) {
    if (row.ownMessageId === id) return true;
  }
  return false;
}
