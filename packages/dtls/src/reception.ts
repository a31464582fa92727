import type { SocketAddress } from "./path.ts";
import { OpenedRecord } from "./protection/opened-record.ts";
import { RecordCursor } from "./record/datagram.ts";

/** The datagram that is being received: where it came from, and the objects it is read with. */
export class Reception {
  readonly cursor: RecordCursor;
  readonly opened: OpenedRecord;
  address = "";
  port = 0;
  via: SocketAddress | undefined = undefined;
  now = 0;

  /** @param depth how many receptions surround this one, when a sink hands in a datagram. */
  constructor(connectionIdLength: number, depth: number) {
    this.cursor = new RecordCursor(connectionIdLength);
    this.opened = openedAt(depth);
  }

  /** A view of the current record's fragment. */
  fragment(): Uint8Array {
    const { datagram, fragmentOffset, fragmentLength } = this.cursor;
    return datagram.subarray(fragmentOffset, fragmentOffset + fragmentLength);
  }
}

/** What is opened lasts only for one reception: all endpoints share the room for it. */
const openedRecords: OpenedRecord[] = [];

function openedAt(depth: number): OpenedRecord {
  const opened = openedRecords[depth] ?? new OpenedRecord();
  openedRecords[depth] = opened;
  return opened;
}
