import type { SocketAddress } from "@dtls-cluster/dtls";
import { TestkitError } from "./errors.ts";
import { type DtlsRecord, helloRandom, readRecords } from "./record-scan.ts";

export interface NonceAuditorOptions {
  /**
   * Which server an address belongs to; undefined for clients. All nodes of a cluster have one name:
   * they share connections, so a nonce used by two of them is used twice.
   */
  readonly serverOf: (address: SocketAddress) => string | undefined;
  /** Length of the Connection IDs in records to the server, that is: of those the server chose. */
  readonly cidLengthToServer: number;
  readonly cidLengthToClient: number;
}

/** One nonce under which two different records were sealed. */
export interface NonceViolation {
  /** `to server` or `to client`, and the connection: its CID, else the client's address. */
  readonly scope: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly from: SocketAddress;
  readonly to: SocketAddress;
}

/** One direction of one connection. */
interface Scope {
  readonly records: Map<string, number>;
  /** Random of the hello that opened the handshake in progress; a ChangeCipherSpec completes it. */
  pendingHello: string | undefined;
  activeHello: string | undefined;
}

/** CIDs shorter than this are not expected to be unique and are told apart by address as well. */
const uniqueCidLength = 4;

/**
 * Watches datagrams on the wire and finds nonces that were used twice: two different records with
 * one (connection, direction, epoch, sequence number). The same bytes twice are a duplicate and
 * harmless. It needs no keys, so that it serves virtual networks and packet captures alike.
 *
 * Connections are told apart by the CID in their records, and where there is none (or a short one) by the
 * client's address; a new hello followed by ChangeCipherSpec begins a new connection there.
 */
export class NonceAuditor {
  readonly #options: NonceAuditorOptions;
  readonly #scopes = new Map<string, Scope>();
  readonly #violations: NonceViolation[] = [];
  #sealed = 0;
  #unparsed = 0;

  constructor(options: NonceAuditorOptions) {
    this.#options = options;
  }

  get violations(): readonly NonceViolation[] {
    return this.#violations;
  }

  /** Sealed records that were checked: a test that expects traffic can see that there was some. */
  get sealedRecords(): number {
    return this.#sealed;
  }

  /** Datagrams between a client and a server that are not, or not only, DTLS records. */
  get unparsedDatagrams(): number {
    return this.#unparsed;
  }

  /** Checks one datagram, in the order of sending. Never throws. */
  observe(datagram: Uint8Array, from: SocketAddress, to: SocketAddress): void {
    const sender = this.#options.serverOf(from);
    const receiver = this.#options.serverOf(to);
    const server = receiver ?? sender;
    if (server === undefined || (sender !== undefined && receiver !== undefined)) return;
    const toServer = receiver !== undefined;
    const { cidLengthToServer, cidLengthToClient } = this.#options;
    const cidLength = toServer ? cidLengthToServer : cidLengthToClient;
    const { records, isComplete } = readRecords(datagram, cidLength);
    if (!isComplete) this.#unparsed += 1;
    const client = toServer ? from : to;
    const direction = `${toServer ? "to" : "from"} ${server}`;
    const flow = `${direction}, client ${client.address} port ${client.port}`;
    for (const record of records) {
      if (record.epoch === 0) this.#followHandshake(record, flow);
      else this.#check(record, this.#scopeName(record, direction, flow), from, to);
    }
  }

  /** @throws TestkitError that names the first violations. */
  assertClean(): void {
    if (this.#violations.length === 0) return;
    const list = this.#violations
      .slice(0, 5)
      .map((v) => `${v.scope}, epoch ${v.epoch}, sequence ${v.sequence}`);
    throw new TestkitError(`nonce used twice (${this.#violations.length}): ${list.join("; ")}`);
  }

  #scopeName(record: DtlsRecord, direction: string, flow: string): string {
    if (record.cid.length === 0) return flow;
    const cid = Array.from(record.cid, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${record.cid.length < uniqueCidLength ? flow : direction}, cid ${cid}`;
  }

  #followHandshake(record: DtlsRecord, flow: string): void {
    const random = helloRandom(record);
    if (random === undefined && !record.isChangeCipherSpec) return;
    const scope = this.#scope(flow);
    if (random !== undefined && random !== scope.activeHello) scope.pendingHello = random;
    if (!record.isChangeCipherSpec || scope.pendingHello === undefined) return;
    scope.activeHello = scope.pendingHello;
    scope.pendingHello = undefined;
    for (const [name, other] of this.#scopes) {
      if (name === flow || name.startsWith(`${flow}, cid `)) other.records.clear();
    }
  }

  #check(record: DtlsRecord, name: string, from: SocketAddress, to: SocketAddress): void {
    const { epoch, sequence } = record;
    this.#sealed += 1;
    const { records } = this.#scope(name);
    const key = `${epoch}/${sequence}`;
    const fingerprint = hashBytes(record.bytes);
    const known = records.get(key);
    if (known === undefined) records.set(key, fingerprint);
    else if (known !== fingerprint) {
      this.#violations.push({ scope: name, epoch, sequence, from, to });
    }
  }

  #scope(name: string): Scope {
    let scope = this.#scopes.get(name);
    if (scope === undefined) {
      scope = { records: new Map(), pendingHello: undefined, activeHello: undefined };
      this.#scopes.set(name, scope);
    }
    return scope;
  }
}

/** 53 bits of two FNV-1a hashes: enough to tell honest records apart. */
function hashBytes(bytes: Uint8Array): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ (byte + 0x5b), 0x01000193);
  }
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
}
