import type { CoapPeerState } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { packAddress, unpackAddress } from "./address.ts";
import { packCoap, unpackCoap } from "./coap-item.ts";
import type { FieldReader } from "./field-reader.ts";
import type { ConnectionName } from "./items.ts";

const FLAG_SERVER = 1;
const FLAG_EXTENDED_MASTER_SECRET = 2;

const MASTER_SECRET_LENGTH = 48;
const RANDOM_LENGTH = 32;
const IMPLICIT_IV_LENGTH = 4;
const POSITIONS_WITHOUT_COAP = 21;
/** Each holder of a connection in turn writes in a block of so many sequence numbers. */
const SEQUENCE_BLOCK = 2 ** 32;

/*
 * Positions of a connection item, after its kind at 0. New ones are only ever added at the end:
 *
 *   1 flags (1 server, 2 extended master secret)   2 cipher suite
 *   3 secrets: master secret, client random, server random, client and server write key,
 *     client and server write IV, one after the other   4 their lengths (see secretLengths)
 *   5 session id | nil   6 read CID | nil   7 write CID | nil
 *   8 peer address: 4 or 16 bytes, or a text   9 peer port   10 PSK identity
 *   11 write epoch   12 next write sequence   13 read epoch   14 newest read sequence
 *   15 replay window inverted, so that the usual full one is short: low 32 bits   16 high 32 bits
 *   17 forgeries
 *   18 established at (ms since 1970)   19 idle ms   20 MTU   21 CoAP state | nil
 *   22 records sealed | nil: as many as the lower 32 bits of position 12 say
 *   23 unconfirmed flight [message sequence, verify data, next plain sequence]
 *
 * Positions at the end that hold nothing are left out.
 */

export interface UnpackedConnection {
  readonly state: ConnectionState;
  readonly coap: CoapPeerState | undefined;
}

/** Packs connections; holds scratch memory, so that packing one leaves no garbage behind. */
export class ConnectionPacker {
  readonly #values: unknown[] = [];
  readonly #scratch: Map<number, Uint8Array> = new Map();

  /** The positions of `state`, valid until the next call. */
  pack(kind: number, state: ConnectionState, coap: CoapPeerState | undefined): readonly unknown[] {
    const values = this.#values;
    values.length = POSITIONS_WITHOUT_COAP;
    values[0] = kind;
    values[1] =
      (state.role === "server" ? FLAG_SERVER : 0) |
      (state.extendedMasterSecret ? FLAG_EXTENDED_MASTER_SECRET : 0);
    values[2] = state.cipherSuite;
    values[3] = this.#secrets(state);
    values[4] = secretLengths(state);
    values[5] = state.sessionId.length === 0 ? null : state.sessionId;
    values[6] = state.readConnectionId ?? null;
    values[7] = state.writeConnectionId ?? null;
    values[8] = packAddress(state.peer.address);
    values[9] = state.peer.port;
    values[10] = state.pskIdentity;
    values[11] = state.writeEpoch;
    values[12] = state.nextWriteSequence;
    values[13] = state.readEpoch;
    values[14] = state.newestReadSequence;
    values[15] = ~state.replayWindow[0] >>> 0;
    values[16] = ~state.replayWindow[1] >>> 0;
    values[17] = state.forgeries;
    values[18] = state.establishedAt;
    values[19] = Math.round(state.idleMs);
    values[20] = state.mtu;
    if (coap !== undefined) values[21] = packCoap(coap);
    const sealed = state.sealedRecords;
    if (sealed !== undefined && sealed !== state.nextWriteSequence % SEQUENCE_BLOCK) {
      values[21] ??= null;
      values[22] = sealed;
    }
    const flight = state.unconfirmedFlight;
    if (flight !== undefined) {
      values[21] ??= null;
      values[22] ??= null;
      values[23] = [flight.messageSequence, flight.verifyData, flight.nextPlainSequence];
    }
    return values;
  }

  /** Overwrites the last secrets that were packed. */
  wipe(): void {
    for (const bytes of this.#scratch.values()) bytes.fill(0);
  }

  #secrets(state: ConnectionState): Uint8Array {
    const length =
      state.masterSecret.length +
      state.clientRandom.length +
      state.serverRandom.length +
      state.clientWriteKey.length +
      state.serverWriteKey.length +
      state.clientWriteIv.length +
      state.serverWriteIv.length;
    let target = this.#scratch.get(length);
    if (target === undefined) {
      // Few lengths exist; a state with odd ones must not make the map grow without bound.
      if (this.#scratch.size >= 16) this.#scratch.clear();
      target = new Uint8Array(length);
      this.#scratch.set(length, target);
    }
    let offset = 0;
    offset = append(target, offset, state.masterSecret);
    offset = append(target, offset, state.clientRandom);
    offset = append(target, offset, state.serverRandom);
    offset = append(target, offset, state.clientWriteKey);
    offset = append(target, offset, state.serverWriteKey);
    offset = append(target, offset, state.clientWriteIv);
    append(target, offset, state.serverWriteIv);
    return target;
  }
}

function append(target: Uint8Array, offset: number, part: Uint8Array): number {
  target.set(part, offset);
  return offset + part.length;
}

/** @throws StateError of `fields` for anything that {@link ConnectionPacker} does not write. */
export function unpackConnection(fields: FieldReader, elapsedMs: number): UnpackedConnection {
  const flags = fields.integer("flags", 0, Number.MAX_SAFE_INTEGER);
  const cipherSuite = fields.integer("cipherSuite", 0, 0xffff);
  const secrets = fields.bytes("secrets");
  const lengths = readLengths(fields, secrets.length);
  const keys = lengths.master + lengths.clientRandom + lengths.serverRandom;
  const ivs = keys + lengths.clientKey + lengths.serverKey;
  const state: ConnectionState = {
    role: flags & FLAG_SERVER ? "server" : "client",
    cipherSuite,
    extendedMasterSecret: (flags & FLAG_EXTENDED_MASTER_SECRET) !== 0,
    masterSecret: secrets.subarray(0, lengths.master),
    clientRandom: secrets.subarray(lengths.master, lengths.master + lengths.clientRandom),
    serverRandom: secrets.subarray(lengths.master + lengths.clientRandom, keys),
    clientWriteKey: secrets.subarray(keys, keys + lengths.clientKey),
    serverWriteKey: secrets.subarray(keys + lengths.clientKey, ivs),
    clientWriteIv: secrets.subarray(ivs, ivs + lengths.clientIv),
    serverWriteIv: secrets.subarray(ivs + lengths.clientIv),
    sessionId: fields.optionalBytes("sessionId") ?? new Uint8Array(0),
    readConnectionId: fields.optionalBytes("readConnectionId"),
    writeConnectionId: fields.optionalBytes("writeConnectionId"),
    peer: unpackPeer(fields),
    pskIdentity: fields.bytes("pskIdentity"),
    writeEpoch: fields.integer("writeEpoch", 0, 0xffff),
    nextWriteSequence: fields.integer("nextWriteSequence", 0, 2 ** 48),
    readEpoch: fields.integer("readEpoch", 0, 0xffff),
    newestReadSequence: fields.integer("newestReadSequence", -1, 2 ** 48 - 1),
    replayWindow: [
      ~fields.integer("missing records, low", 0, 0xffffffff) >>> 0,
      ~fields.integer("missing records, high", 0, 0xffffffff) >>> 0,
    ],
    forgeries: fields.integer("forgeries", 0, Number.MAX_SAFE_INTEGER),
    establishedAt: fields.amount("establishedAt"),
    idleMs: fields.amount("idleMs") + elapsedMs,
    mtu: fields.integer("mtu", 1, 0xffff),
  };
  const coap = fields.optionalNested("coap");
  const sealedRecords = fields.optionalInteger("sealedRecords", 0, 2 ** 48);
  const flight = fields.optionalNested("unconfirmedFlight");
  return {
    state: {
      ...state,
      ...(sealedRecords === undefined ? {} : { sealedRecords }),
      ...(flight === undefined ? {} : { unconfirmedFlight: unpackFlight(flight) }),
    },
    coap: coap && unpackCoap(coap, elapsedMs),
  };
}

function unpackFlight(
  fields: FieldReader,
): Exclude<ConnectionState["unconfirmedFlight"], undefined> {
  return {
    messageSequence: fields.integer("unconfirmedFlight.messageSequence", 0, 0xffff),
    verifyData: fields.bytes("unconfirmedFlight.verifyData"),
    nextPlainSequence: fields.integer("unconfirmedFlight.nextPlainSequence", 0, 2 ** 48),
  };
}

export function packRemoval(kind: number, name: ConnectionName): unknown[] {
  return [kind, name.readConnectionId ?? null, packAddress(name.peer.address), name.peer.port];
}

export function unpackRemoval(fields: FieldReader): ConnectionName {
  return {
    readConnectionId: fields.optionalBytes("readConnectionId"),
    peer: unpackPeer(fields),
  };
}

function unpackPeer(fields: FieldReader): ConnectionState["peer"] {
  const packed = fields.bytesOrText("peer.address");
  const address = typeof packed === "string" ? packed : unpackAddress(packed);
  return {
    address: address ?? fields.fail("peer.address", "4 or 16 bytes"),
    port: fields.integer("peer.port", 0, 0xffff),
  };
}

interface SecretLengths {
  readonly master: number;
  readonly clientRandom: number;
  readonly serverRandom: number;
  readonly clientKey: number;
  readonly serverKey: number;
  readonly clientIv: number;
  readonly serverIv: number;
}

/** The key length alone where everything else is as usual, else all seven lengths. */
function secretLengths(state: ConnectionState): number | number[] {
  const keyLength = state.clientWriteKey.length;
  const isUsual =
    state.masterSecret.length === MASTER_SECRET_LENGTH &&
    state.clientRandom.length === RANDOM_LENGTH &&
    state.serverRandom.length === RANDOM_LENGTH &&
    state.serverWriteKey.length === keyLength &&
    state.clientWriteIv.length === IMPLICIT_IV_LENGTH &&
    state.serverWriteIv.length === IMPLICIT_IV_LENGTH;
  if (isUsual) return keyLength;
  return [
    state.masterSecret.length,
    state.clientRandom.length,
    state.serverRandom.length,
    keyLength,
    state.serverWriteKey.length,
    state.clientWriteIv.length,
    state.serverWriteIv.length,
  ];
}

function readLengths(fields: FieldReader, total: number): SecretLengths {
  const found = fields.integerOrNested("secret lengths", 0, total);
  const next = (): number =>
    typeof found === "number" ? found : found.integer("secret length", 0, total);
  const lengths: SecretLengths =
    typeof found === "number"
      ? {
          master: MASTER_SECRET_LENGTH,
          clientRandom: RANDOM_LENGTH,
          serverRandom: RANDOM_LENGTH,
          clientKey: found,
          serverKey: found,
          clientIv: IMPLICIT_IV_LENGTH,
          serverIv: IMPLICIT_IV_LENGTH,
        }
      : {
          master: next(),
          clientRandom: next(),
          serverRandom: next(),
          clientKey: next(),
          serverKey: next(),
          clientIv: next(),
          serverIv: next(),
        };
  const sum =
    lengths.master +
    lengths.clientRandom +
    lengths.serverRandom +
    lengths.clientKey +
    lengths.serverKey +
    lengths.clientIv +
    lengths.serverIv;
  return sum === total ? lengths : fields.fail("secrets", `${sum} bytes, got ${total}`);
}
