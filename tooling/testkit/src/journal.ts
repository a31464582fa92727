import type { SocketAddress } from "@dtls-cluster/dtls";

/** What became of a datagram in the virtual network. */
export type JournalEvent =
  | "sent"
  | "delivered"
  | "duplicated"
  | "filtered"
  | "changed"
  | "lost"
  | "lost in burst"
  | "too big"
  | "queue full"
  | "no mapping"
  | "nobody listens";

interface Entry {
  readonly at: number;
  readonly event: JournalEvent | "note";
  readonly from: SocketAddress | undefined;
  readonly to: SocketAddress | undefined;
  readonly length: number;
  readonly text: string;
}

/** The last entries of what happened, written out only when a test fails; counters of all of it. */
export class Journal {
  readonly #entries: Entry[] = [];
  readonly #counts = new Map<JournalEvent, number>();
  readonly #capacity: number;
  #dropped = 0;

  constructor(capacity = 400) {
    this.#capacity = capacity;
  }

  datagram(
    at: number,
    event: JournalEvent,
    from: SocketAddress,
    to: SocketAddress,
    datagram: Uint8Array,
  ): void {
    this.#counts.set(event, this.count(event) + 1);
    const text = `type ${datagram[0] ?? "-"}`;
    this.#add({ at, event, from, to, length: datagram.length, text });
  }

  /** Adds a line of the test's own. */
  note(at: number, text: string): void {
    this.#add({ at, event: "note", from: undefined, to: undefined, length: 0, text });
  }

  /** How often `event` happened since the beginning. */
  count(event: JournalEvent): number {
    return this.#counts.get(event) ?? 0;
  }

  toString(): string {
    const lines = this.#entries.map(formatEntry);
    if (this.#dropped > 0) lines.unshift(`(${this.#dropped} earlier entries left out)`);
    return lines.join("\n");
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length < 2 * this.#capacity) return;
    this.#dropped += this.#entries.length - this.#capacity;
    this.#entries.splice(0, this.#entries.length - this.#capacity);
  }
}

function formatEntry(entry: Entry): string {
  const time = `${entry.at.toFixed(3).padStart(12)} ms`;
  if (entry.from === undefined || entry.to === undefined) return `${time} ${entry.text}`;
  const flow = `${formatAddress(entry.from)} > ${formatAddress(entry.to)}`;
  return `${time} ${entry.event.padEnd(14)} ${flow} ${entry.length} B ${entry.text}`;
}

/** `10.0.0.1:5684`, and `[fd00::1]:5684` for IPv6. */
export function formatAddress(address: SocketAddress): string {
  const host = address.address.includes(":") ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}
