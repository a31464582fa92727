import type { ClusterNode } from "./cluster-node.ts";
import { maxRoutableNodeId } from "./node-id.ts";

/** What a ping or pong says about its sender. */
export interface NodeClaim {
  readonly id: number;
  readonly generation: number;
  readonly state: number | undefined;
  readonly instance: number | undefined;
}

/** What {@link NodesTable.update} did with a claim. */
export type ClaimResult = "added" | "moved" | "restarted" | "refreshed" | "full";

interface Row extends ClusterNode {
  generation: number;
  state: number | undefined;
  firstSeen: number;
  lastSeen: number;
  /** When a rival of equal right appeared and this row was asked for a sign of life; -1: not asked. */
  challengedAt: number;
}

/** Bounds of a {@link NodesTable}. */
export interface NodesTableLimits {
  /** Processes in the table. Default 1024. */
  readonly maxNodes: number;
  /** Processes that claim one id. Default 8. */
  readonly maxClaimants: number;
}

/** A claimant that does not answer a challenge for this long, in milliseconds, gives way to its rival. */
export const challengeTime = 2000;

/**
 * Who claims which node id, and who owns it: the claimant of the highest generation; among equals
 * the one known longest, as long as it lives. Lookups of {@link owner} and {@link isKnown} allocate nothing.
 */
export class NodesTable {
  readonly #limits: NodesTableLimits;
  readonly #rows = new Set<Row>();
  readonly #byAddress = new Map<string, Map<number, Row>>();
  readonly #claimants = new Map<number, Row[]>();
  readonly #owners: (Row | undefined)[] = new Array<Row | undefined>(maxRoutableNodeId + 1).fill(
    undefined,
  );

  constructor(limits: Partial<NodesTableLimits> = {}) {
    this.#limits = { maxNodes: 1024, maxClaimants: 8, ...limits };
  }

  /** Processes in the table. */
  get size(): number {
    return this.#rows.size;
  }

  /** Distinct node ids in the table. */
  get idCount(): number {
    return this.#claimants.size;
  }

  /**
   * The process that owns the records of `id`, undefined when nobody known does. Of the own node id it
   * is another process that claims it: only the caller knows how its own generation compares.
   */
  owner(id: number): ClusterNode | undefined {
    if (id <= maxRoutableNodeId) return this.#owners[id];
    return first(this.#claimants.get(id));
  }

  /** All processes that claim `id`, the owner first, then by falling generation. */
  claimants(id: number): readonly ClusterNode[] {
    return this.#claimants.get(id) ?? [];
  }

  /** The claimants of `id` with a lower generation than its owner, the latest holder first. */
  previousHolders(id: number): readonly ClusterNode[] {
    const rows = this.#claimants.get(id) ?? [];
    const highest = rows[0]?.generation ?? 0;
    return rows.filter((row) => row.generation < highest && row.generation > 0);
  }

  /** Whether the cluster address belongs to a node of the table. */
  isKnown(address: string, port: number): boolean {
    return this.#byAddress.get(address)?.has(port) === true;
  }

  /** The node at a cluster address. */
  at(address: string, port: number): ClusterNode | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  /** All nodes, in the order in which they appeared. */
  nodes(): IterableIterator<ClusterNode> {
    return this.#rows.values();
  }

  /**
   * Claims of one id that more than one live process makes with equal right: equal generations, or a
   * process without generations beside another. The owner is not among them. A process that came
   * back under a new address is no conflict: its old address stays silent.
   */
  conflicts(): ClusterNode[] {
    const found: ClusterNode[] = [];
    for (const rows of this.#claimants.values()) {
      const owner = rows[0];
      if (owner === undefined || rows.length < 2) continue;
      for (const row of rows) {
        if (row !== owner && areRivals(owner, row) && areBothAlive(owner, row)) found.push(row);
      }
    }
    return found;
  }

  /** Enters what the process at an address claims; a claim for another id replaces its former one. */
  update(claim: NodeClaim, address: string, port: number, now: number): ClaimResult {
    const known = this.#byAddress.get(address)?.get(port);
    if (known !== undefined) {
      const isSame = known.id === claim.id && known.instance === claim.instance;
      if (isSame) {
        known.lastSeen = now;
        known.state = claim.state;
        if (claim.generation > known.generation) known.generation = claim.generation;
        this.#arrange(known.id, now);
        return "refreshed";
      }
      this.#delete(known, now);
    }
    const claimants = this.#claimants.get(claim.id) ?? [];
    const isFull = this.#rows.size >= this.#limits.maxNodes;
    if (isFull || claimants.length >= this.#limits.maxClaimants) return "full";
    const before = this.#dropSameProcess(claim, claimants, now);
    const row: Row = { ...claim, address, port, firstSeen: now, lastSeen: now, challengedAt: -1 };
    this.#insert(row, now);
    if (known !== undefined) return "restarted";
    return before ? "moved" : "added";
  }

  /**
   * Marks that the owner of `id` was asked for a sign of life because a rival appeared; without one
   * within {@link challengeTime} it gives way.
   */
  challenge(id: number, now: number): ClusterNode | undefined {
    const owner = this.#claimants.get(id)?.[0];
    if (owner !== undefined && owner.challengedAt < 0) owner.challengedAt = now;
    return owner;
  }

  /** Settles challenges that `now` decides. */
  settle(now: number): void {
    for (const [id, rows] of this.#claimants) {
      if (rows.length > 1) this.#arrange(id, now);
    }
  }

  /** Takes a process out, for example one that expired. */
  remove(node: ClusterNode, now: number): void {
    const row = this.#byAddress.get(node.address)?.get(node.port);
    if (row !== undefined && row === node) this.#delete(row, now);
  }

  /** A process of ours that pings from another address than before has moved, not doubled. */
  #dropSameProcess(claim: NodeClaim, claimants: readonly Row[], now: number): boolean {
    if (claim.instance === undefined) return false;
    const before = claimants.find((row) => row.instance === claim.instance);
    if (before !== undefined) this.#delete(before, now);
    return before !== undefined;
  }

  #insert(row: Row, now: number): void {
    this.#rows.add(row);
    const ports = this.#byAddress.get(row.address);
    if (ports === undefined) this.#byAddress.set(row.address, new Map([[row.port, row]]));
    else ports.set(row.port, row);
    const claimants = this.#claimants.get(row.id);
    if (claimants === undefined) this.#claimants.set(row.id, [row]);
    else claimants.push(row);
    this.#arrange(row.id, now);
  }

  #delete(row: Row, now: number): void {
    this.#rows.delete(row);
    const ports = this.#byAddress.get(row.address);
    ports?.delete(row.port);
    if (ports?.size === 0) this.#byAddress.delete(row.address);
    const claimants = this.#claimants.get(row.id);
    const index = claimants?.indexOf(row) ?? -1;
    if (index >= 0) claimants?.splice(index, 1);
    if (claimants?.length === 0) this.#claimants.delete(row.id);
    this.#arrange(row.id, now);
  }

  #arrange(id: number, now: number): void {
    const rows = this.#claimants.get(id);
    if (rows !== undefined && rows.length > 1) {
      rows.sort(
        (a, b) =>
          b.generation - a.generation ||
          Number(isSilent(a, now)) - Number(isSilent(b, now)) ||
          a.firstSeen - b.firstSeen,
      );
    }
    for (const row of rows ?? []) {
      if (row.challengedAt >= 0 && row.lastSeen >= row.challengedAt) row.challengedAt = -1;
    }
    if (id <= maxRoutableNodeId) this.#owners[id] = first(rows);
  }
}

/** True when neither generation decides between the two. */
export function areRivals(
  a: Pick<ClusterNode, "generation" | "instance">,
  b: Pick<ClusterNode, "generation" | "instance">,
): boolean {
  if (a.generation === 0 || b.generation === 0) return false;
  if (a.generation === b.generation) return true;
  return a.instance === undefined || b.instance === undefined;
}

/** The earlier of the two was heard again after the later one had appeared. */
function areBothAlive(a: ClusterNode, b: ClusterNode): boolean {
  const isEarlier = a.firstSeen <= b.firstSeen;
  return isEarlier ? a.lastSeen > b.firstSeen : b.lastSeen > a.firstSeen;
}

/** The first claimant when it serves its id; generation 0 says that it does not. */
function first(rows: readonly Row[] | undefined): Row | undefined {
  const row = rows?.[0];
  return row !== undefined && row.generation > 0 ? row : undefined;
}

function isSilent(row: Row, now: number): boolean {
  return (
    row.challengedAt >= 0 &&
    row.lastSeen < row.challengedAt &&
    now - row.challengedAt >= challengeTime
  );
}
