import type { Connection } from "./connection.ts";
import type { Credential } from "./credential.ts";
import type { CertificateType, CryptoProvider, Entropy, GroupName } from "./crypto/provider.ts";
import type { Path } from "./path.ts";

/** Options of an endpoint. Durations are milliseconds. */
export interface EndpointOptions {
  readonly crypto: CryptoProvider;
  readonly entropy: Entropy;
  /** Roles this endpoint takes: accept handshakes, start them, or both on one socket. Default "both". */
  readonly role?: "client" | "server" | "both";
  /**
   * Suites in order of preference, by IANA name. Default: all supported, AEAD with long tags first. Only those count that
   * there are credentials for.
   */
  readonly cipherSuites?: readonly string[];
  /** Groups of the ECDHE key exchange; a server's order decides. Default: P-256, X25519, P-384. */
  readonly groups?: readonly GroupName[];
  /** Certificates and raw public keys of a server, best first. Default: none, so that only PSK suites are accepted. */
  readonly credentials?: readonly Credential[];
  /**
   * Whether a server asks its clients for certificates, in handshakes with its own certificate; "wanted" also takes clients
   * that have none. Default "none".
   */
  readonly clientAuthentication?: "none" | "wanted" | "required";
  /** What a server accepts from clients (RFC 7250). Default: X.509 alone. */
  readonly clientCertificateTypes?: readonly CertificateType[];
  /**
   * Own Connection IDs (RFC 9146). `length` 0 to 32: 0 takes the peer's CID and uses none itself.
   * `fill` writes a new CID of that length; default random bytes. Undefined: the extension is not used.
   */
  readonly connectionId?: {
    readonly length: number;
    readonly fill?: (target: Uint8Array) => void;
  };
  /**
   * Whether a peer may change its address (RFC 9146 section 6). Default true; false: protected records that come
   * from elsewhere are dropped unopened, so that nobody on the network can move a connection.
   */
  readonly followsPath?: boolean;
  /**
   * Return routability checks (RFC 9853), used when both sides have them and a CID: a peer's new address counts only after a
   * challenge to it was answered, and gets three times the bytes that came from there until then. "enhanced" asks the old
   * address first, so that a copied record moves nobody whose old path works; a real change then takes up to a second. Default "off".
   */
  readonly returnRoutability?: "off" | "basic" | "enhanced";
  /**
   * Whether challenges that come by this path are answered with path_response; false: with path_drop, because this side
   * has left it (RFC 9853 section 5.2). Default: always.
   */
  readonly prefersPath?: (connection: Connection, path: Path) => boolean;
  /** RFC 7627. Default "enabled": used when the peer offers it; "required" refuses peers without it. */
  readonly extendedMasterSecret?: "required" | "enabled" | "disabled";
  /**
   * Secret of the stateless cookie, at least 16 bytes. Nodes of a cluster share one, so that a
   * handshake may go on at another node. Default: random, of this process alone.
   */
  readonly cookieSecret?: Uint8Array;
  /**
   * Abbreviated handshakes of a server (RFC 5246 section 7.3). Default: none. Only sessions with extended master secret are
   * resumed.
   */
  readonly resumption?: ResumptionOptions;
  /** First retransmission of a flight (RFC 6347 section 4.2.4.1), doubled each time. Default 1000. */
  readonly retransmissionTimeoutMs?: number;
  /** Upper bound of the doubling. Default 60 000. */
  readonly maxRetransmissionTimeoutMs?: number;
  /** Retransmissions of one flight before the handshake fails. Default 5. */
  readonly maxRetransmissions?: number;
  /** Largest UDP payload to send, 256 to 65507. Default 1232 (1280 less IPv6 and UDP headers). */
  readonly mtu?: number;
  /**
   * Longest plaintext of a protected record to receive, 64 to 16384 bytes, with the content type that is inside beside a
   * CID (RFC 8449). A server tells it to clients that offer the extension, a client offers the extension if this is
   * given. Longer records are dropped. Default 16384, and not offered.
   */
  readonly recordSizeLimit?: number;
  /**
   * Longest content of records both ways, 512, 1024, 2048 or 4096 bytes, for which a client asks (RFC 6066 section 4).
   * Servers do as they are asked to. `recordSizeLimit` has precedence where both sides know it. Default: not asked for.
   */
  readonly maxFragmentLength?: 512 | 1024 | 2048 | 4096;
  readonly limits?: Partial<EndpointLimits>;
  /** Receives NSS key log lines. Anyone who has them can read the traffic: for debugging only. */
  readonly keyLog?: (line: string) => void;
  /** Wall-clock milliseconds since 1970 at monotonic time 0; `now + wallClockOffset` is wall time. */
  readonly wallClockOffset?: number;
}

/** How a server resumes sessions: by tickets where a client takes them, else by id. */
export interface ResumptionOptions {
  /**
   * Secret of stateless tickets (RFC 5077), at least 16 bytes, from which keys are derived that change with time. Nodes with
   * one secret and lifetime accept each other's tickets. Whoever knows it can read the traffic of resumed sessions and of
   * those before them. Default: no tickets.
   */
  readonly ticketSecret?: Uint8Array;
  /** Sessions remembered by id on this endpoint, 0 to 10,000,000; the oldest goes first. Default 0. */
  readonly maxSessions?: number;
  /**
   * Seconds from a full handshake in which its session may be resumed, 1 to 86,400 (RFC 5246 section F.1.4). Default 86 400.
   */
  readonly lifetimeSeconds?: number;
}

/** Bounds on what peers can make an endpoint hold. */
export interface EndpointLimits {
  /**
   * Established connections. At the limit new handshakes are refused with a counter, see `replaceIdleAfterMs`.
   * Default 1 000 000.
   */
  readonly maxConnections: number;
  /**
   * At `maxConnections` a completed handshake takes the place of the connection that received nothing for the longest
   * time, if that is at least so many milliseconds. Undefined: no connection gives its place up. Default undefined.
   */
  readonly replaceIdleAfterMs: number | undefined;
  /**
   * Connections of one peer to a server, by its certificate, raw public key or PSK identity. One more takes the place of
   * the least recently used one of that peer, when its handshake is complete. Default undefined: no limit.
   */
  readonly maxConnectionsPerIdentity: number | undefined;
  /**
   * Handshakes in progress that have shown a valid cookie. At the limit a new one takes the place of the
   * oldest if that has lasted for three seconds, else it is refused with a counter. Default 10 000.
   */
  readonly maxHandshakes: number;
  /**
   * Handshakes that may begin within a second, so that a rush of clients leaves time for those that are connected. Others
   * are refused with a counter and without state, and come back by themselves. Default undefined: no limit.
   */
  readonly maxHandshakesPerSecond: number | undefined;
  /** Longest reassembled handshake message. Default 16 384. */
  readonly maxHandshakeMessageLength: number;
  /** Certificates in a peer's chain. Default 10. */
  readonly maxChainLength: number;
  /** Bytes of out-of-order handshake fragments held for one handshake. Default 32 768. */
  readonly maxReassemblyBytes: number;
  /** Records that fail authentication before a connection is closed; RFC 9147 section 4.5.3 by suite. */
  readonly maxForgeries: number | undefined;
  /** Records sealed under one key (RFC 9147 section 4.5.3): by suite when undefined. */
  readonly maxSequence: number | undefined;
  /** Time a handshake may wait for its owner (PSK, verdict, signature) or for its peer. Default 60 000. */
  readonly handshakeLifetimeMs: number;
}
