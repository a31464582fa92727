import type { Deadline } from "@dtls-cluster/deadlines";
import type { Connection, ConnectionPhase } from "./connection.ts";
import type { PeerCertificate } from "./credential.ts";
import type { CipherSuite } from "./crypto/cipher-suites.ts";
import type { AddressRow } from "./demux/address-table.ts";
import type { CidRow } from "./demux/cid-table.ts";
import type { Exchange } from "./handshake/exchange.ts";
import type { FlightItem } from "./handshake/flight.ts";
import type { Path } from "./path.ts";
import type { PathCheck } from "./path-check.ts";
import { longestPlaintext } from "./protection/opened-record.ts";
import type { RecordOpener } from "./protection/record-opener.ts";
import type { RecordSealer } from "./protection/record-sealer.ts";
import type { PlainRecordWriter } from "./protection/record-writer.ts";
import { maximumPlaintextLength } from "./record/record-header.ts";

/** A flight that outlives its handshake, with the writer of its records of epoch 0. */
export interface LastFlight {
  readonly items: readonly FlightItem[];
  readonly plainWriter: PlainRecordWriter;
}

/**
 * The endpoint's side of a {@link Connection}: one association with its place in the endpoint's tables.
 * What only a handshake needs lies in `exchange` and goes with it, so that an idle association stays small.
 */
export class Association
  implements Connection, AddressRow<Association>, CidRow<Association>, Deadline
{
  readonly role: "client" | "server";
  phase: ConnectionPhase = "handshaking";
  path: Path;
  suite: CipherSuite | undefined = undefined;
  readConnectionId: Uint8Array | undefined = undefined;
  writeConnectionId: Uint8Array | undefined = undefined;
  lastReceivedAt: number;
  mtu: number;
  /** Bytes of content that a record to the peer may have. */
  contentLimit: number = maximumPlaintextLength;
  /** Bytes of plaintext, with an inner content type, that the peer may put into a protected record. */
  maxReceivedPlaintext: number = longestPlaintext;
  isDirty = false;
  attachment: unknown = undefined;

  sealer: RecordSealer | undefined = undefined;
  opener: RecordOpener | undefined = undefined;
  /** Records that failed authentication; counted here because an address may have several associations. */
  forgeries = 0;
  peerCertificate: PeerCertificate | undefined = undefined;
  extendedMasterSecret = false;
  isResumed = false;
  /** Of a server's session that can be resumed by its id, else empty. */
  sessionKey = "";
  /** Slot of the endpoint's {@link SecretStore}, -1 for none. */
  secretSlot = -1;
  /** One character a byte: a fraction of what a small array takes. */
  #pskIdentity = "";
  /** Wall-clock milliseconds. */
  establishedAt = 0;

  /** The handshake in progress. */
  exchange: Exchange | undefined = undefined;
  /** The flight to repeat when the peer repeats its own last one (RFC 6347 section 4.2.4). */
  lastFlight: LastFlight | undefined = undefined;
  /** Whether return routability checks were agreed on (RFC 9853). */
  checksPath = false;
  pathCheck: PathCheck | undefined = undefined;

  nextByAddress: Association | undefined = undefined;
  nextByCid: Association | undefined = undefined;
  dueAt = 0;
  queueIndex = -1;

  constructor(role: "client" | "server", path: Path, mtu: number, now: number) {
    this.role = role;
    this.path = path;
    this.mtu = mtu;
    this.lastReceivedAt = now;
  }

  get pskIdentity(): Uint8Array {
    const identity = new Uint8Array(this.#pskIdentity.length);
    for (let i = 0; i < identity.length; i += 1) identity[i] = this.#pskIdentity.charCodeAt(i);
    return identity;
  }

  set pskIdentity(identity: Uint8Array) {
    this.#pskIdentity = String.fromCharCode(...identity);
  }

  get cipherSuite(): number {
    return this.suite?.id ?? 0;
  }

  get maxPayload(): number {
    if (this.sealer === undefined) return 0;
    return Math.min(this.mtu - this.sealer.overhead, this.contentLimit);
  }

  /** Bytes of plaintext that a protected record to the peer may have: beside a CID, the content type is part of it. */
  get maxSentPlaintext(): number {
    return this.contentLimit + (this.writeConnectionId === undefined ? 0 : 1);
  }

  /** Is set when the peer's CID is known. */
  set maxSentPlaintext(length: number) {
    const content = length - (this.writeConnectionId === undefined ? 0 : 1);
    this.contentLimit = Math.min(content, maximumPlaintextLength);
  }
}
