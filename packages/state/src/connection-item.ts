import type { CoapPeerState } from "@dtls-cluster/coap";
import type { CertificateType, ConnectionState, PeerCertificate } from "@dtls-cluster/dtls";
import { packAddress, unpackAddress } from "./address.ts";
import { packCoap, unpackCoap } from "./coap-item.ts";
import type { FieldReader } from "./field-reader.ts";
import type { ConnectionName } from "./items.ts";
import type { MessagePackWriter } from "./message-pack-writer.ts";
import { utf8Bytes } from "./utf8.ts";

const FLAG_SERVER = 1;
const FLAG_EXTENDED_MASTER_SECRET = 2;

/** By their numbers on the wire. */
const certificateTypes: readonly CertificateType[] = ["x509", "raw-public-key"];
const MASTER_SECRET_LENGTH = 48;
const RANDOM_LENGTH = 32;
const IMPLICIT_IV_LENGTH = 4;
const POSITIONS_WITHOUT_COAP = 21;
const EMPTY = new Uint8Array(0);
/** Each holder of a connection in turn writes in a block of so many sequence numbers. */
const SEQUENCE_BLOCK = 2 ** 26;

/*
 * Positions of a connection item, after its kind at 0. New ones are only ever added at the end:
 *
 *   1 flags (1 server, 2 extended master secret)   2 cipher suite
 *   3 secrets: master secret, client random, server random, client and server write key,
 *     client and server write IV, one after the other   4 their lengths (see packSecretLengths)
 *   5 session id | nil   6 read CID | nil   7 write CID | nil
 *   8 peer address: 4 or 16 bytes, or a text   9 peer port   10 PSK identity
 *   11 write epoch   12 next write sequence   13 read epoch   14 newest read sequence
 *   15 replay window inverted, so that the usual full one is short: low 32 bits   16 high 32 bits
 *   17 forgeries
 *   18 established at (ms since 1970)   19 idle ms   20 MTU   21 CoAP state | nil
 *   22 records sealed | nil: as many as the lower 32 bits of position 12 say
 *   23 unconfirmed flight [message sequence, verify data, next plain sequence, body of NewSessionTicket if any] | nil
 *   24 peer certificate [type: 0 X.509, 1 raw public key; the DER of each certificate, the peer's own first]
 *   25 longest plaintext to send | nil   26 longest plaintext to receive | nil
 *   27 1 where return routability checks were agreed on
 *
 * Positions at the end that hold nothing are left out.
 */

export interface UnpackedConnection {
  readonly state: ConnectionState;
  readonly coap: CoapPeerState | undefined;
}

/** Writes a connection item. */
export function packConnection(
  to: MessagePackWriter,
  kind: number,
  state: ConnectionState,
  coap: CoapPeerState | undefined,
): void {
  const { sealedRecords, unconfirmedFlight: flight, peerCertificate: certificate } = state;
  const isSealedTold =
    sealedRecords !== undefined && sealedRecords !== state.nextWriteSequence % SEQUENCE_BLOCK;
  const { maxSentPlaintext: maxSent, maxReceivedPlaintext: maxReceived } = state;
  const checksPath = state.checksPath || undefined;
  const optional = [
    coap,
    isSealedTold || undefined,
    flight,
    certificate,
    maxSent,
    maxReceived,
    checksPath,
  ];
  const last = optional.findLastIndex((value) => value !== undefined);
  to.array(POSITIONS_WITHOUT_COAP + last + 1);
  to.number(kind);
  to.number(
    (state.role === "server" ? FLAG_SERVER : 0) |
      (state.extendedMasterSecret ? FLAG_EXTENDED_MASTER_SECRET : 0),
  );
  to.number(state.cipherSuite);
  packSecrets(to, state);
  packSecretLengths(to, state);
  packOptional(to, state.sessionId.length === 0 ? undefined : state.sessionId);
  packOptional(to, state.readConnectionId);
  packOptional(to, state.writeConnectionId);
  packPeer(to, state.peer);
  to.bytes(state.pskIdentity);
  to.number(state.writeEpoch);
  to.number(state.nextWriteSequence);
  to.number(state.readEpoch);
  to.number(state.newestReadSequence);
  to.number(~state.replayWindow[0] >>> 0);
  to.number(~state.replayWindow[1] >>> 0);
  to.number(state.forgeries);
  to.number(state.establishedAt);
  to.number(Math.round(state.idleMs));
  to.number(state.mtu);
  if (coap !== undefined) packCoap(to, coap);
  else if (last > 0) to.nil();
  if (isSealedTold) to.number(sealedRecords);
  else if (last > 1) to.nil();
  if (flight !== undefined) packFlight(to, flight);
  else if (last > 2) to.nil();
  if (certificate !== undefined) packCertificate(to, certificate);
  else if (last > 3) to.nil();
  if (maxSent !== undefined) to.number(maxSent);
  else if (last > 4) to.nil();
  if (maxReceived !== undefined) to.number(maxReceived);
  else if (last > 5) to.nil();
  if (checksPath) to.number(1);
}

function packFlight(
  to: MessagePackWriter,
  flight: Exclude<ConnectionState["unconfirmedFlight"], undefined>,
): void {
  const { newSessionTicket } = flight;
  to.array(newSessionTicket === undefined ? 3 : 4);
  to.number(flight.messageSequence);
  to.bytes(flight.verifyData);
  to.number(flight.nextPlainSequence);
  if (newSessionTicket !== undefined) to.bytes(newSessionTicket);
}

function packCertificate(to: MessagePackWriter, { type, chain }: PeerCertificate): void {
  to.array(1 + chain.length);
  to.number(certificateTypes.indexOf(type));
  for (const der of chain) to.bytes(der);
}

function packOptional(to: MessagePackWriter, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) to.nil();
  else to.bytes(bytes);
}

function packPeer(to: MessagePackWriter, { address, port }: ConnectionState["peer"]): void {
  const packed = packAddress(address);
  if (typeof packed !== "string") {
    to.bytes(packed);
  } else {
    const text = utf8Bytes(packed);
    to.textHead(text.length);
    to.raw(text);
  }
  to.number(port);
}

function packSecrets(to: MessagePackWriter, state: ConnectionState): void {
  to.bytesHead(
    state.masterSecret.length +
      state.clientRandom.length +
      state.serverRandom.length +
      state.clientWriteKey.length +
      state.serverWriteKey.length +
      state.clientWriteIv.length +
      state.serverWriteIv.length,
  );
  to.raw(state.masterSecret);
  to.raw(state.clientRandom);
  to.raw(state.serverRandom);
  to.raw(state.clientWriteKey);
  to.raw(state.serverWriteKey);
  to.raw(state.clientWriteIv);
  to.raw(state.serverWriteIv);
}

/** @throws StateError of `fields` for anything that {@link packConnection} does not write. */
export function unpackConnection(fields: FieldReader, elapsedMs: number): UnpackedConnection {
  const flags = fields.integer("flags", 0, Number.MAX_SAFE_INTEGER);
  const cipherSuite = fields.integer("cipherSuite", 0, 0xffff);
  const secrets = fields.bytes("secrets");
  const lengths = readLengths(fields, secrets.length);
  const keys = lengths.master + lengths.clientRandom + lengths.serverRandom;
  const ivs = keys + lengths.clientKey + lengths.serverKey;
  // One literal: copying objects of this size would cost as much as reading them.
  const state: Writable<ConnectionState> = {
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
    sessionId: fields.optionalBytes("sessionId") ?? EMPTY,
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
  if (sealedRecords !== undefined) state.sealedRecords = sealedRecords;
  if (flight !== undefined) state.unconfirmedFlight = unpackFlight(flight);
  const certificate = fields.optionalNested("peerCertificate");
  if (certificate !== undefined) state.peerCertificate = unpackCertificate(certificate);
  const maxSent = fields.optionalInteger("maxSentPlaintext", 0, 0xffff);
  if (maxSent !== undefined) state.maxSentPlaintext = maxSent;
  const maxReceived = fields.optionalInteger("maxReceivedPlaintext", 0, 0xffff);
  if (maxReceived !== undefined) state.maxReceivedPlaintext = maxReceived;
  const checksPath = fields.optionalInteger("checksPath", 0, 1);
  if (checksPath === 1) state.checksPath = true;
  return { state, coap: coap && unpackCoap(coap, elapsedMs) };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function unpackFlight(
  fields: FieldReader,
): Exclude<ConnectionState["unconfirmedFlight"], undefined> {
  const flight = {
    messageSequence: fields.integer("unconfirmedFlight.messageSequence", 0, 0xffff),
    verifyData: fields.bytes("unconfirmedFlight.verifyData"),
    nextPlainSequence: fields.integer("unconfirmedFlight.nextPlainSequence", 0, 2 ** 48),
  };
  const newSessionTicket = fields.optionalBytes("unconfirmedFlight.newSessionTicket");
  return newSessionTicket === undefined ? flight : { ...flight, newSessionTicket };
}

function unpackCertificate(fields: FieldReader): PeerCertificate {
  const type = certificateTypes[fields.integer("peerCertificate.type", 0, 1)] ?? "x509";
  const chain: Uint8Array[] = [];
  while (!fields.isAtEnd) chain.push(fields.bytes("peerCertificate.chain"));
  return { type, chain };
}

export function packRemoval(to: MessagePackWriter, kind: number, name: ConnectionName): void {
  to.array(4);
  to.number(kind);
  packOptional(to, name.readConnectionId);
  packPeer(to, name.peer);
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
function packSecretLengths(to: MessagePackWriter, state: ConnectionState): void {
  const keyLength = state.clientWriteKey.length;
  const isUsual =
    state.masterSecret.length === MASTER_SECRET_LENGTH &&
    state.clientRandom.length === RANDOM_LENGTH &&
    state.serverRandom.length === RANDOM_LENGTH &&
    state.serverWriteKey.length === keyLength &&
    state.clientWriteIv.length === IMPLICIT_IV_LENGTH &&
    state.serverWriteIv.length === IMPLICIT_IV_LENGTH;
  if (isUsual) {
    to.number(keyLength);
    return;
  }
  to.array(7);
  to.number(state.masterSecret.length);
  to.number(state.clientRandom.length);
  to.number(state.serverRandom.length);
  to.number(keyLength);
  to.number(state.serverWriteKey.length);
  to.number(state.clientWriteIv.length);
  to.number(state.serverWriteIv.length);
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
