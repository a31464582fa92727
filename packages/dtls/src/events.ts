import type { Connection } from "./connection.ts";
import type { Credential, PeerCertificate } from "./credential.ts";
import type { SignatureScheme } from "./crypto/provider.ts";
import type { ConnectOptions } from "./endpoint.ts";
import type { CertificateErrorCode, DtlsError } from "./errors.ts";
import type { Path } from "./path.ts";

/** Why a connection ended. `error` names the protocol violation or the alert where there was one. */
export type CloseReason =
  | { readonly kind: "close-notify-received" }
  | { readonly kind: "closed-locally" }
  | { readonly kind: "handshake-timeout" }
  | { readonly kind: "replaced" }
  | { readonly kind: "exported" }
  /**
   * It gave its place to another one: a handshake at the limit `maxHandshakes`, a connection at `maxConnections` or
   * `maxConnectionsPerIdentity`. Also a handshake that was complete when no place was left.
   */
  | { readonly kind: "evicted" }
  | { readonly kind: "limit-reached"; readonly limit: "sequence-number" | "forgeries" }
  | { readonly kind: "failed"; readonly error: DtlsError };

/** The owner's opinion of a peer's certificate; the reason goes into the error, the code decides the alert. */
export type CertificateVerdict =
  | "accepted"
  | { readonly code: CertificateErrorCode; readonly reason: string };

/** What an endpoint tells its owner besides data and datagrams. */
export type EndpointEvent =
  | {
      /** A server handshake waits for {@link Endpoint.providePsk}. */
      readonly type: "psk-needed";
      readonly connection: Connection;
      /** The identity as the client sent it, 0 to 128 bytes of it at most (RFC 4279 section 5.3). */
      readonly identity: Uint8Array;
    }
  | {
      /**
       * A peer showed a certificate or a raw public key and signed with it, now or in the handshake of a session that is
       * resumed: nothing else about it is checked yet. The handshake waits for {@link Endpoint.judgeCertificate}.
       */
      readonly type: "peer-certificate";
      readonly connection: Connection;
      readonly certificate: PeerCertificate;
      /** The name that a client asked for, and that the server's certificate has to have. */
      readonly serverName: string | undefined;
    }
  | {
      /** A handshake waits for {@link Endpoint.provideSignature}. */
      readonly type: "signature-needed";
      readonly connection: Connection;
      /** The object that was given as option, so that its private key can be found. */
      readonly credential: Credential;
      readonly scheme: SignatureScheme;
      /** To be hashed and signed as the scheme says; belongs to the receiver. */
      readonly data: Uint8Array;
    }
  | { readonly type: "connected"; readonly connection: Connection }
  | {
      /**
       * A client's session can be resumed: a later handshake may be given `session` ({@link ConnectOptions.session}). It
       * comes after "connected", where `savesSession` or `session` was given, and replaces what was saved before. It holds
       * secrets, and belongs to the receiver.
       */
      readonly type: "session";
      readonly connection: Connection;
      readonly session: Uint8Array;
    }
  | {
      /** An authenticated, newest record came by another path (RFC 9146 section 6). */
      readonly type: "path-changed";
      readonly connection: Connection;
      readonly from: Path;
      readonly to: Path;
    }
  | { readonly type: "closed"; readonly connection: Connection; readonly reason: CloseReason };

/**
 * Receives everything that an endpoint puts out, synchronously, from within the endpoint's methods.
 * A sink may call the endpoint again (send, close, providePsk and the other answers).
 */
export interface EndpointSink {
  /** A datagram to send. It belongs to the sink: the endpoint never touches it again. */
  transmit(datagram: Uint8Array, path: Path): void;
  /** Application data of one record. `payload` is valid only during the call. */
  data(connection: Connection, payload: Uint8Array, now: number): void;
  event(event: EndpointEvent, now: number): void;
}

/**
 * What became of one received datagram; each datagram has exactly one outcome. "handled": at least
 * one of its records was taken by a handshake or a connection. "answered": answered without state.
 */
export type DatagramOutcome = "handled" | "answered" | DropReason;

/** Why a datagram (or record) was dropped. */
export type DropReason =
  | "malformed"
  | "unknown-connection-id"
  | "unknown-peer"
  | "replayed"
  | "not-authentic"
  | "wrong-epoch"
  | "connection-id-missing"
  | "unexpected"
  | "too-many-handshakes"
  | "handshake-rate"
  | "too-many-connections"
  | "forgery-limit"
  | "sealed-for-ever";
