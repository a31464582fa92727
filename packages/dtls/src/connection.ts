import type { PeerCertificate } from "./credential.ts";
import type { Path } from "./path.ts";

/** `exported`: ownership moved away; the connection refuses to open and to seal for ever. */
export type ConnectionPhase = "handshaking" | "connected" | "closed" | "exported";

/** One association, seen from its owner. All operations are methods of the endpoint. */
export interface Connection {
  readonly role: "client" | "server";
  readonly phase: ConnectionPhase;
  readonly path: Path;
  /** IANA number of the negotiated suite, 0 before it is known. */
  readonly cipherSuite: number;
  readonly readConnectionId: Uint8Array | undefined;
  readonly writeConnectionId: Uint8Array | undefined;
  /** PSK identity; empty before it is known, and without PSK. */
  readonly pskIdentity: Uint8Array;
  /** Whether the handshake was an abbreviated one; false again after a handover. */
  readonly isResumed: boolean;
  /** The peer's certificate or raw public key that was accepted; undefined for a peer without one. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Monotonic time of the last authentic record. */
  readonly lastReceivedAt: number;
  /** Largest application payload that fits one record within the path MTU. */
  readonly maxPayload: number;
  /** True when anything that belongs to its exported state changed since the last `snapshot`. */
  readonly isDirty: boolean;
  /** Free for the application, so that it needs no map from connections to its own objects. */
  attachment: unknown;
}
