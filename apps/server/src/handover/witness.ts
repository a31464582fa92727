import { connect } from "node:net";
import type { HandoverState, Peer } from "@dtls-cluster/handover";
import { clusterAddress, parseProcess } from "./process-address.ts";

const INTERVAL_MS = 1000;
/** Refusals in a row that count as a death. */
const REFUSALS = 3;

export interface WitnessOptions {
  readonly state: () => HandoverState;
  /** The process id that answers at a cluster address, undefined when none is known. */
  readonly processAt: (address: string, port: number) => string | undefined;
  /** The process that had this host as the double's has ended, by what Kubernetes says. */
  readonly isGone: (host: string) => boolean;
  readonly dead: (id: string) => void;
}

/**
 * Finds out that a process which the handover depends on has ended. Silence is no proof, since a process may
 * be slow or cut off. Its host saying that nothing listens at its https port is one, because a process keeps
 * that port for its whole life; and so is another process at its cluster address, or its pod that is gone.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #refusals = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  /** A connection to the process was refused. */
  refused(peer: Peer): void {
    const count = (this.#refusals.get(peer.id) ?? 0) + 1;
    this.#refusals.set(peer.id, count);
    if (count >= REFUSALS) this.#options.dead(peer.id);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const peers = dependencies(this.#options.state());
    for (const id of this.#refusals.keys()) {
      if (!peers.some((peer) => peer.id === id)) this.#refusals.delete(id);
    }
    for (const peer of peers) {
      const at = clusterAddress(peer.address);
      const found = at && this.#options.processAt(at.address, at.port);
      const isReplaced = found !== undefined && found !== peer.id;
      const host = parseProcess(peer.address)?.host ?? "";
      if (isReplaced || this.#options.isGone(host)) this.#options.dead(peer.id);
      else this.#knock(peer);
    }
  }

  #knock(peer: Peer): void {
    const process = parseProcess(peer.address);
    if (process === undefined || process.httpsPort === 0 || process.host === "") return;
    const socket = connect({ host: process.host, port: process.httpsPort });
    socket.setTimeout(INTERVAL_MS, () => socket.destroy());
    socket.on("connect", () => {
      this.#refusals.delete(peer.id);
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") this.refused(peer);
    });
  }
}

/** Whose death would change what the process has to do. */
function dependencies(state: HandoverState): Peer[] {
  if (state.side === "taker") return state.phase === "joining" ? [] : [state.source];
  const peers: Peer[] = [...state.holders];
  if (state.successor !== undefined) peers.push(state.successor);
  return peers;
}
