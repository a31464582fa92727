import { DeadlineQueue } from "@dtls-cluster/deadlines";
import type { Association } from "../association.ts";
import type { BlockwiseOptions } from "./blockwise-options.ts";
import type { Body, BodyKind } from "./body.ts";

/** All bodies of an endpoint under way, within its limits: the oldest gives way. */
export class BodyStore<T> {
  readonly #options: BlockwiseOptions;
  readonly #lifetimeMs: number;
  readonly #queue: DeadlineQueue<Body<T>> = new DeadlineQueue();
  #bytes = 0;

  /** @param lifetimeMs how long a body waits for its next block. */
  constructor(options: BlockwiseOptions, lifetimeMs: number) {
    this.#options = options;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  find(peer: Association<T>, kind: BodyKind, key: string): Body<T> | undefined {
    return peer.bodies?.find((body) => body.key === key && body.kind === kind);
  }

  /** Adds a body in place of one with the same kind and key. @param ageMs since its last block. */
  add(body: Body<T>, now: number, ageMs = 0): void {
    const { peer } = body;
    const older = this.find(peer, body.kind, body.key);
    if (older !== undefined) this.drop(older);
    const bodies = peer.bodies ?? [];
    if (bodies.length >= this.#options.maxBodiesPerPeer) this.drop(bodies[0] as Body<T>);
    peer.bodies = [...(peer.bodies ?? []), body];
    this.#bytes += body.capacity;
    this.touch(body, now - ageMs);
    this.#makeRoom(body);
  }

  append(body: Body<T>, more: Uint8Array, now: number): void {
    const before = body.capacity;
    body.append(more);
    this.#bytes += body.capacity - before;
    this.touch(body, now);
    this.#makeRoom(body);
  }

  /** Its peer still asks for it. */
  touch(body: Body<T>, now: number): void {
    this.#queue.set(body, now + this.#lifetimeMs);
    body.peer.mark += 1;
  }

  /** Milliseconds since the last block. */
  age(body: Body<T>, now: number): number {
    return Math.max(0, now - (body.dueAt - this.#lifetimeMs));
  }

  drop(body: Body<T>): void {
    const { peer } = body;
    this.#queue.cancel(body);
    this.#forget(body, peer);
  }

  closePeer(peer: Association<T>): void {
    for (const body of peer.bodies ?? []) this.drop(body);
  }

  handleTimeout(now: number): void {
    for (let due = this.#queue.takeDue(now); due !== undefined; due = this.#queue.takeDue(now)) {
      this.#forget(due, due.peer);
    }
  }

  get nextTimeout(): number | undefined {
    return this.#queue.next;
  }

  #forget(body: Body<T>, peer: Association<T>): void {
    this.#bytes -= body.capacity;
    const others = peer.bodies?.filter((other) => other !== body) ?? [];
    peer.bodies = others.length === 0 ? undefined : others;
    peer.mark += 1;
  }

  #makeRoom(kept: Body<T>): void {
    while (this.#bytes > this.#options.maxBodyBytes) {
      const oldest = this.#queue.takeDue(Number.POSITIVE_INFINITY);
      if (oldest === undefined) return;
      if (oldest === kept) {
        this.#queue.set(kept, kept.dueAt);
        return;
      }
      this.#forget(oldest, oldest.peer);
    }
  }
}
