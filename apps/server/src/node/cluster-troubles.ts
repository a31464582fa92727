import type { ChannelTrouble } from "@dtls-cluster/cluster-channel";
import type { SocketAddress } from "@dtls-cluster/wire";
import type { Logger } from "../log.ts";
import { LineBudget } from "./line-budget.ts";

export type ClusterTrouble =
  | ChannelTrouble
  /** DTLS records at the level udp. */
  | "dtls-record"
  /** A frame of a known node that cannot be read. */
  | "unreadable-frame";

export type ClusterLevel = "udp" | "dtls" | "dtls-mac";

/** A peer is mentioned once in this time, however often it gives reason. */
const INTERVAL_MS = 60_000;
/** Anybody who reaches the cluster port can seem to be many peers. */
const MAX_PEERS = 256;

const WHAT: Readonly<Record<ClusterTrouble, string>> = {
  "wrong-secret": "leaves a handshake unfinished, as with another secret or identity",
  "unknown-identity": "wants to join with another identity",
  refused: "refuses the handshake",
  "plain-ping": "pings without protection",
  "bad-mac": "sends frames without a MAC, or with a wrong one",
  "dtls-record": "speaks DTLS",
  "unreadable-frame": "sends frames that cannot be read, as a node of another level would",
};

/** Says which nodes do not fit, and counts every time. */
export class ClusterTroubles {
  readonly #level: ClusterLevel;
  readonly #log: Logger;
  readonly #counts: Partial<Record<ClusterTrouble, number>> = {};
  readonly #saidAt = new Map<string, number>();
  readonly #lines = new LineBudget(10);

  constructor(level: ClusterLevel, log: Logger) {
    this.#level = level;
    this.#log = log;
  }

  get counts(): Readonly<Partial<Record<ClusterTrouble, number>>> {
    return this.#counts;
  }

  note(trouble: ClusterTrouble, { address, port }: SocketAddress, now: number): void {
    this.#counts[trouble] = (this.#counts[trouble] ?? 0) + 1;
    const at = `${address}:${port}`;
    const saidAt = this.#saidAt.get(at);
    if (saidAt !== undefined && now - saidAt < INTERVAL_MS) return;
    if (!this.#lines.take(now)) return;
    this.#saidAt.delete(at);
    if (this.#saidAt.size >= MAX_PEERS) {
      const [oldest] = this.#saidAt.keys();
      if (oldest !== undefined) this.#saidAt.delete(oldest);
    }
    this.#saidAt.set(at, now);
    this.#log.warn(
      { event: "cluster-mismatch", trouble, at, level: this.#level },
      `${at} ${WHAT[trouble]}; this node is at level ${this.#level}: ` +
        "check --cluster-level, --cluster-identity and --cluster-secret of both",
    );
  }
}
