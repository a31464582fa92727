import type { PeerCertificate } from "../credential.ts";
import type { SocketAddress } from "../path.ts";

/**
 * Everything that another process needs to go on with an established connection: the contract
 * with the serializer. Byte strings are owned by the object. Holds secrets: never log it.
 */
export interface ConnectionState {
  readonly role: "client" | "server";
  /** IANA number of the cipher suite. */
  readonly cipherSuite: number;
  readonly extendedMasterSecret: boolean;
  /** 48 bytes. */
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly clientWriteKey: Uint8Array;
  readonly serverWriteKey: Uint8Array;
  readonly clientWriteIv: Uint8Array;
  readonly serverWriteIv: Uint8Array;
  /** CID in records that this side receives; undefined when not negotiated or empty. */
  readonly readConnectionId: Uint8Array | undefined;
  /** CID in records that this side sends; undefined when not negotiated or empty. */
  readonly writeConnectionId: Uint8Array | undefined;
  readonly peer: SocketAddress;
  /** PSK identity of the peer (on a server) or of this side (on a client); empty without PSK. */
  readonly pskIdentity: Uint8Array;
  /** The peer's certificate or raw public key that was accepted; absent for a peer without one. */
  readonly peerCertificate?: PeerCertificate;
  readonly writeEpoch: number;
  /** The next sequence number to seal with; never lower than any that was used, plus one. */
  readonly nextWriteSequence: number;
  /**
   * Records sealed under the write key, for its limit. When absent, the lower 32 bits of
   * `nextWriteSequence`: holders that take over one after the other write in blocks of 2^26.
   */
  readonly sealedRecords?: number;
  readonly readEpoch: number;
  /** Highest authenticated sequence number, -1 when none. */
  readonly newestReadSequence: number;
  /** Bit i of the 64 (low word, high word): record `newestReadSequence - i` was received. */
  readonly replayWindow: readonly [low: number, high: number];
  /** Records that failed authentication under these keys, for the forgery limit. */
  readonly forgeries: number;
  /** Wall-clock milliseconds since 1970 of the end of the handshake. */
  readonly establishedAt: number;
  /** Milliseconds since the last authentic record, at the time of the export. */
  readonly idleMs: number;
  /**
   * On a server whose client has not confirmed its last flight by data yet: what repeats it. A serializer may
   * leave it out; then a client that lost that flight repeats its handshake.
   */
  readonly unconfirmedFlight?: UnconfirmedFlight;
  /** Largest UDP payload that this side sends. */
  readonly mtu: number;
  /**
   * Longest plaintext of records that this side sends, 64 to 16385 bytes, where the peer wants them shorter than usual:
   * their content, and beside a CID one byte for its type (RFC 8449, RFC 6066 section 4).
   */
  readonly maxSentPlaintext?: number;
  /** Longest plaintext of records that this side takes, 64 to 16385 bytes, where it told the peer so. */
  readonly maxReceivedPlaintext?: number;
  /** Return routability checks were agreed on (RFC 9853). One that is under way begins anew with the heir. */
  readonly checksPath?: boolean;
}

/** The last flight: ChangeCipherSpec and Finished (RFC 6347 section 4.2.4), of a server perhaps with a ticket before them. */
export interface UnconfirmedFlight {
  /** `message_seq` of the Finished. */
  readonly messageSequence: number;
  /** Body of the Finished, 12 bytes. */
  readonly verifyData: Uint8Array;
  /** Next record sequence number of epoch 0. */
  readonly nextPlainSequence: number;
  /** Body of the NewSessionTicket whose `message_seq` is the one before the Finished (RFC 5077 section 3.3). */
  readonly newSessionTicket?: Uint8Array;
}
