import type { CidLayout } from "@dtls-cluster/wire";

/** {@link nodeIdIn}: no record of the datagram has a Connection ID. */
export const noConnectionId = -1;
/** {@link nodeIdIn}: the datagram does not begin with a DTLS record. */
export const notRoutable = -2;

const tls12Cid = 25;
const firstContentType = 20;
const headerLength = 13;
/** Far more than any handshake flight puts into one datagram. */
const maxRecords = 16;

/**
 * The node whose Connection ID is in a datagram, 0 to 255: that of its first `tls12_cid` record
 * (RFC 9146 section 4), wherever it stands among the records, since the last flight of a handshake
 * carries one behind its records of epoch 0. Only headers are read.
 * @returns the node id, {@link noConnectionId} or {@link notRoutable}.
 */
export function nodeIdIn(datagram: Uint8Array, layout: CidLayout): number {
  const { length } = datagram;
  let offset = 0;
  for (let count = 0; count < maxRecords; count++) {
    const type = datagram[offset];
    if (type === tls12Cid) {
      if (offset + headerLength + layout.length < length) {
        return layout.nodeIdOf(datagram, offset + 11);
      }
      break;
    }
    if (type === undefined || type < firstContentType || type > tls12Cid) break;
    if (offset + headerLength > length) break;
    const next =
      offset + headerLength + (((datagram[offset + 11] ?? 0) << 8) | (datagram[offset + 12] ?? 0));
    if (next > length) break;
    if (next === length) return noConnectionId;
    offset = next;
  }
  return offset === 0 ? notRoutable : noConnectionId;
}

/** Whether the first record, a `tls12_cid` one, is as long as it says. */
export function isFirstCidRecordWhole(datagram: Uint8Array, cidLength: number): boolean {
  const lengthOffset = 11 + cidLength;
  const bodyLength = ((datagram[lengthOffset] ?? 0) << 8) | (datagram[lengthOffset + 1] ?? 0);
  return bodyLength > 0 && lengthOffset + 2 + bodyLength <= datagram.length;
}

/**
 * Whether a datagram with a Connection ID shows that a handshake just ends: records of epoch 0 in front, or
 * one of the first 16 sequence numbers of epoch 1 (Finished, also retransmitted).
 */
export function isEndOfHandshake(datagram: Uint8Array): boolean {
  if (datagram[0] !== tls12Cid) return true;
  return (
    datagram[3] === 0 &&
    datagram[4] === 1 &&
    datagram[5] === 0 &&
    datagram[6] === 0 &&
    datagram[7] === 0 &&
    datagram[8] === 0 &&
    datagram[9] === 0 &&
    (datagram[10] ?? 16) < 16
  );
}

/** Whether the first record is a change_cipher_spec or a handshake record: part of a flight. */
export function isFlight(datagram: Uint8Array): boolean {
  return datagram[0] === 20 || datagram[0] === 22;
}
