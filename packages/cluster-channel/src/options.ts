import type { CryptoProvider, Entropy, HashName } from "@dtls-cluster/dtls";
import type { CidLayout, FrameHmac, SocketAddress } from "@dtls-cluster/wire";

/** `dtls`: pings inside DTLS; `dtls-mac`: forwarded and backwarded records under a MAC as well. */
export type SecureLevel = "dtls" | "dtls-mac";

export interface SecureChannelOptions {
  readonly level: SecureLevel;
  readonly crypto: CryptoProvider;
  readonly entropy: Entropy;
  /** PSK identity, 1 to 128 octets, the same on all nodes. */
  readonly identity: Uint8Array;
  /** PSK, 1 to 512 octets, the same on all nodes. Whoever has it is a node. */
  readonly secret: Uint8Array;
  /** Connection IDs of this node: those of its associations have the same form and length. */
  readonly layout: CidLayout;
  /** HMAC under a key that the function keeps. */
  readonly frameHmac: (hash: HashName, key: Uint8Array) => FrameHmac;
  /** Whether the node at an address is in the nodes table: nobody else makes this side begin a handshake. */
  readonly isMember: (address: string, port: number) => boolean;
  /** Whether it is a process of this project, which keeps old keys for a while as this side does. */
  readonly isOurs: (address: string, port: number) => boolean;
  /** Nodes with an association or a handshake. Default 1024. */
  readonly maxPeers?: number;
  /** Monotonic milliseconds for which keys of an ended association still verify frames. Default 10 000. */
  readonly overlapMs?: number;
  /** How long a ping may stay without an answer before a new handshake is begun. Default 1000. */
  readonly answerMs?: number;
}

/** What an operator should look after. */
export type ChannelTrouble =
  /** It answered as far as the keys are needed and no further: another secret (or identity). */
  | "wrong-secret"
  | "unknown-identity"
  /** It refused the handshake, for instance because no cipher suite is common. */
  | "refused"
  /** It sends pings without DTLS. */
  | "plain-ping"
  /** Its frames have no MAC, or one under another key. */
  | "bad-mac";

/** Receives everything that the channel puts out, synchronously, from within its methods. None may throw. */
export interface SecureChannelSink {
  /** A datagram for the cluster socket; it belongs to the sink. */
  transmit(datagram: Uint8Array, to: SocketAddress): void;
  /** An authentic ping or pong. `message` is valid only during the call. */
  message(message: Uint8Array, address: string, port: number, now: number): void;
  trouble(trouble: ChannelTrouble, peer: SocketAddress, now: number): void;
}
