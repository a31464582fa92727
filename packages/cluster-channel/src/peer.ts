import type { Connection } from "@dtls-cluster/dtls";
import type { FrameHmac, SocketAddress } from "@dtls-cluster/wire";
import type { FrameKeys } from "./frame-keys.ts";

/** One established association with a node. */
export interface PeerAssociation {
  readonly connection: Connection;
  readonly peer: Peer;
  /** Undefined at the level `dtls`. */
  readonly keys: FrameKeys | undefined;
  readonly establishedAt: number;
  /** Anything was sealed, opened or verified with it since the last look. */
  isUsed: boolean;
  /** Looks without any use in a row. */
  idleLooks: number;
}

interface RetiredKey {
  readonly read: FrameHmac;
  readonly expiresAt: number;
}

const maxRetiredKeys = 4;
/** An association that a peer used this long after a newer one is the one that it has. */
const reorderMs = 1000;

/**
 * What this side shares with the process at one cluster address. Each may begin a handshake, and both may at
 * once, so there can be one association for each role; frames verify under all of their keys.
 */
export class Peer implements SocketAddress {
  readonly address: string;
  readonly port: number;
  /** The own handshake that is under way. */
  handshake: Connection | undefined = undefined;
  /** The latest message that waits for an association. */
  pending: Uint8Array | undefined = undefined;
  /** A ping without answer yet, and when it was sent. */
  question: Uint8Array | undefined = undefined;
  askedAt = 0;
  /** A handshake is needed because keys are missing. */
  isWanted = false;
  lastAttemptAt: number = Number.NEGATIVE_INFINITY;
  #associations: readonly PeerAssociation[] = [];
  #current: PeerAssociation | undefined;
  /** Differs from the current one while that is not confirmed: it may even be over. */
  #sealing: PeerAssociation | undefined;
  /** The one whose key the latest frame had: where there are two, each side may prefer another one. */
  #reading: PeerAssociation | undefined;
  #heardAt = 0;
  #retired: readonly RetiredKey[] = [];

  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
  }

  /** What messages to this peer are sealed with. */
  get current(): PeerAssociation | undefined {
    return this.#current;
  }

  /** What the next frame of this peer is probably sealed with. */
  get reading(): PeerAssociation | undefined {
    return this.#reading ?? this.#current;
  }

  /** What frames to this peer are sealed with. */
  get sealing(): PeerAssociation | undefined {
    return this.#sealing;
  }

  get associations(): readonly PeerAssociation[] {
    return this.#associations;
  }

  get hasKeys(): boolean {
    return this.#associations.length > 0 || this.#retired.length > 0;
  }

  get isIdle(): boolean {
    return !this.hasKeys && this.handshake === undefined && !this.isWanted;
  }

  /**
   * @param isConfirmed the peer is known to have it too. Otherwise frames go on under former keys, which the
   * peer then still takes.
   */
  add(association: PeerAssociation, isConfirmed: boolean, now: number): void {
    this.#associations = [...this.#associations, association];
    if (isConfirmed) this.#use(association, now);
    this.#current ??= association;
    this.#sealing ??= association;
  }

  /** The peer sent application data under this association. */
  heard(association: PeerAssociation, now: number): void {
    association.isUsed = true;
    this.question = undefined;
    const current = this.#current;
    // Datagrams may overtake each other: only a while later an older association means a lost newer one.
    const isNewer = current === undefined || association.establishedAt >= current.establishedAt;
    if (association === current || isNewer || now - this.#heardAt > reorderMs) {
      this.#use(association, now);
    }
  }

  /**
   * An association is over; what the peer still sends under its keys is verified until `expiresAt`.
   * @param isReplaced another one takes its place, which is not confirmed yet.
   */
  remove(association: PeerAssociation, isReplaced: boolean, expiresAt: number): void {
    this.#associations = this.#associations.filter((other) => other !== association);
    if (association.keys !== undefined) {
      const retired = { read: association.keys.read, expiresAt };
      this.#retired = [...this.#retired, retired].slice(-maxRetiredKeys);
    }
    if (this.#current === association) this.#current = this.#associations.at(-1);
    if (this.#reading === association) this.#reading = undefined;
    if (this.#sealing === association && !isReplaced) this.#sealing = this.#current;
  }

  /** Lets go of keys whose time is over; returns when to look again. */
  expireKeys(now: number): number {
    if (this.#retired.length === 0) return Number.POSITIVE_INFINITY;
    this.#retired = this.#retired.filter(({ expiresAt }) => expiresAt > now);
    if (this.#retired.length === 0 && this.#sealing?.connection.phase !== "connected") {
      this.#sealing = this.#current;
    }
    return Math.min(...this.#retired.map(({ expiresAt }) => expiresAt));
  }

  /** Whether any key but the probable one satisfies `verifies`. */
  isUnderOtherKey(verifies: (read: FrameHmac) => boolean, now: number): boolean {
    const { reading } = this;
    for (const association of this.#associations) {
      if (association === reading || association.keys === undefined) continue;
      if (!verifies(association.keys.read)) continue;
      association.isUsed = true;
      this.#reading = association;
      // It shows that the peer has the new keys. Nothing follows from a frame under old ones: it may be a replay.
      if (association.establishedAt >= (this.#current?.establishedAt ?? 0)) {
        this.#use(association, now);
      }
      return true;
    }
    return this.#retired.some(({ read }) => verifies(read));
  }

  #use(association: PeerAssociation, now: number): void {
    this.#current = association;
    this.#sealing = association;
    this.#heardAt = now;
  }
}
