import type { SocketAddress } from "./path.ts";
import { OpenedRecord } from "./protection/opened-record.ts";
import { RecordCursor } from "./record/datagram.ts";

/** The datagram that is being received: where it came from, and the objects it is read with. */
export class Reception {
  readonly cursor: RecordCursor;
  readonly opened: OpenedRecord = new OpenedRecord();
  address = "";
  port = 0;
  via: SocketAddress | undefined = undefined;
  now = 0;

  constructor(connectionIdLength: number) {
    this.cursor = new RecordCursor(connectionIdLength);
  }

  /** A view of the current record's fragment. */
  fragment(): Uint8Array {
    const { datagram, fragmentOffset, fragmentLength } = this.cursor;
    return datagram.subarray(fragmentOffset, fragmentOffset + fragmentLength);
  }
}
