import { ContentType } from "./content-type.ts";
import { recordEnd } from "./datagram.ts";
import { connectionIdOffset } from "./record-header.ts";

/**
 * Finds the Connection IDs in a datagram without any key: what a forwarder needs to know. Returns the offset of the
 * first Connection ID, or of the one behind `previous`, the offset that an earlier call returned; -1 when there is none.
 * @param connectionIdLength 1 to 255: the length that the receiving cluster gives out.
 */
export function peekConnectionId(
  datagram: Uint8Array,
  connectionIdLength: number,
  previous = -1,
): number {
  let at =
    previous < 0 ? 0 : recordEnd(datagram, previous - connectionIdOffset, connectionIdLength);
  while (at >= 0 && at < datagram.length) {
    const end = recordEnd(datagram, at, connectionIdLength);
    if (end >= 0 && datagram[at] === ContentType.tls12Cid) {
      return at + connectionIdOffset;
    }
    at = end;
  }
  return -1;
}
