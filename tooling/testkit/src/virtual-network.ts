import type { SocketAddress } from "@dtls-cluster/dtls";
import { TestkitError } from "./errors.ts";
import { formatAddress, type Journal } from "./journal.ts";
import { idealLink, Link, type LinkConditions } from "./link.ts";
import { Nat } from "./nat.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Takes a datagram; the bytes are overwritten afterwards, so whoever keeps a view of them fails. */
export type VirtualReceiver = (datagram: Uint8Array, from: SocketAddress) => void;
/** Sees every datagram as its sender sent it, before anything happens to it. */
export type Tap = (datagram: Uint8Array, from: SocketAddress, to: SocketAddress) => void;
/** Decides about a datagram: pass it, drop it, or send other bytes instead. */
export type Filter = (
  datagram: Uint8Array,
  from: SocketAddress,
  to: SocketAddress,
) => "pass" | "drop" | Uint8Array;

/** Hosts that exchange UDP datagrams over links which lose, delay, double and shape them. */
export class VirtualNetwork {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #receivers = new Map<string, VirtualReceiver>();
  readonly #links = new Map<string, Link>();
  readonly #natOfInside = new Map<string, Nat>();
  readonly #natOfPublic = new Map<string, Nat>();
  readonly #taps = new Set<Tap>();
  readonly #filters = new Set<Filter>();
  #conditions: LinkConditions = idealLink;

  constructor(clock: VirtualClock, random: Random, journal: Journal) {
    this.#clock = clock;
    this.#random = random;
    this.#journal = journal;
  }

  /** Changes the conditions of all links, those of {@link setLink} included, from now on. */
  setConditions(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
    for (const link of this.#links.values())
      link.conditions = { ...link.conditions, ...conditions };
  }

  /** Changes one direction between two hosts, named by address; hosts behind a NAT by their own. */
  setLink(from: string, to: string, conditions: Partial<LinkConditions>): void {
    const link = this.#link(from, to);
    link.conditions = { ...link.conditions, ...conditions };
  }

  /** Puts `insideAddresses` behind a NAT. */
  addNat(publicAddress: string, insideAddresses: readonly string[], idleMs?: number): Nat {
    const nat = new Nat(publicAddress, idleMs);
    this.#natOfPublic.set(publicAddress, nat);
    for (const address of insideAddresses) this.#natOfInside.set(address, nat);
    return nat;
  }

  /** Listens on `address`. Returns the function that stops it. */
  bind(address: SocketAddress, receiver: VirtualReceiver): () => void {
    const key = formatAddress(address);
    if (this.#receivers.has(key)) throw new TestkitError(`${key} is in use`);
    this.#receivers.set(key, receiver);
    return () => {
      this.#receivers.delete(key);
    };
  }

  isBound(address: SocketAddress): boolean {
    return this.#receivers.has(formatAddress(address));
  }

  addTap(tap: Tap): () => void {
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** The first filter that does not let a datagram pass decides. */
  addFilter(filter: Filter): () => void {
    this.#filters.add(filter);
    return () => this.#filters.delete(filter);
  }

  /** Sends a datagram. The network checks on arrival that its sender did not touch it again. */
  send(datagram: Uint8Array, from: SocketAddress, to: SocketAddress): void {
    const now = this.#clock.now;
    this.#journal.datagram(now, "sent", from, to, datagram);
    for (const tap of this.#taps) tap(datagram, from, to);
    const filtered = this.#filter(datagram, from, to);
    if (filtered === undefined) {
      this.#journal.datagram(now, "filtered", from, to, datagram);
      return;
    }
    if (filtered !== datagram) this.#journal.datagram(now, "changed", from, to, filtered);
    const source = this.#natOfInside.get(from.address)?.outbound(from, now) ?? from;
    const host = this.#natOfPublic.get(to.address)?.inbound(to.port, now)?.address ?? to.address;
    const arrivals = this.#link(from.address, host).transfer(filtered.length, now, this.#random);
    if (typeof arrivals === "string") {
      this.#journal.datagram(now, arrivals, from, to, filtered);
      return;
    }
    if (arrivals.length > 1) this.#journal.datagram(now, "duplicated", from, to, filtered);
    const sent = filtered.slice();
    for (const arrival of arrivals) {
      this.#clock.at(arrival, () => {
        if (!equalBytes(sent, filtered)) {
          throw new TestkitError(`${formatAddress(from)} changed a datagram after sending it`);
        }
        this.#deliver(sent.slice(), source, to);
      });
    }
  }

  #deliver(datagram: Uint8Array, source: SocketAddress, to: SocketAddress): void {
    const now = this.#clock.now;
    const nat = this.#natOfPublic.get(to.address);
    const destination = nat === undefined ? to : nat.inbound(to.port, now);
    if (destination === undefined) {
      this.#journal.datagram(now, "no mapping", source, to, datagram);
      return;
    }
    const receiver = this.#receivers.get(formatAddress(destination));
    if (receiver === undefined) {
      this.#journal.datagram(now, "nobody listens", source, destination, datagram);
      return;
    }
    this.#journal.datagram(now, "delivered", source, destination, datagram);
    receiver(datagram, source);
    datagram.fill(0xdb);
  }

  #filter(datagram: Uint8Array, from: SocketAddress, to: SocketAddress): Uint8Array | undefined {
    for (const filter of this.#filters) {
      const verdict = filter(datagram, from, to);
      if (verdict !== "pass") return verdict === "drop" ? undefined : verdict;
    }
    return datagram;
  }

  #link(from: string, to: string): Link {
    const key = `${from} ${to}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link(this.#conditions);
      this.#links.set(key, link);
    }
    return link;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
