import type { FrameProtection } from "@dtls-cluster/forwarder";
import { type SocketAddress, sealFrameMac, verifyFrameMac } from "@dtls-cluster/wire";
import type { MutableChannelCounters } from "./counters.ts";
import type { Peer } from "./peer.ts";
import type { PeerTable } from "./peer-table.ts";

/** Told what happens to frames. */
export interface FrameWatcher {
  /** A frame came from, or should go to, a node without keys. */
  wanted(address: string, port: number): void;
  bad(peer: Peer): void;
  /** The present. */
  now(): number;
}

/** MACs of frames under the keys of the associations with each peer. */
export class PeerFrameProtection implements FrameProtection {
  readonly #peers: PeerTable;
  readonly #counters: MutableChannelCounters;
  readonly #watcher: FrameWatcher;

  constructor(peers: PeerTable, counters: MutableChannelCounters, watcher: FrameWatcher) {
    this.#peers = peers;
    this.#counters = counters;
    this.#watcher = watcher;
  }

  seal(frame: Uint8Array, macOffset: number, to: SocketAddress): boolean {
    const association = this.#peers.find(to.address, to.port)?.sealing;
    if (association?.keys === undefined) {
      this.#counters.framesWithoutKeys++;
      this.#watcher.wanted(to.address, to.port);
      return false;
    }
    association.isUsed = true;
    sealFrameMac(frame, macOffset, association.keys.write);
    this.#counters.framesSealed++;
    return true;
  }

  verify(
    frame: Uint8Array,
    macOffset: number,
    address: string,
    port: number,
  ): "authentic" | "forged" | "no-keys" {
    const peer = this.#peers.find(address, port);
    if (peer?.hasKeys !== true) {
      this.#counters.framesWithoutKeys++;
      this.#watcher.wanted(address, port);
      return "no-keys";
    }
    const { reading } = peer;
    if (reading?.keys !== undefined && verifyFrameMac(frame, macOffset, reading.keys.read)) {
      reading.isUsed = true;
      this.#counters.framesVerified++;
      return "authentic";
    }
    if (
      peer.isUnderOtherKey((read) => verifyFrameMac(frame, macOffset, read), this.#watcher.now())
    ) {
      this.#counters.framesUnderOtherKey++;
      return "authentic";
    }
    this.#counters.badMacs++;
    this.#watcher.bad(peer);
    return "forged";
  }
}
