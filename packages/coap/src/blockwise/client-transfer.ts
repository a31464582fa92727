import type { ClientRow } from "../client-row.ts";
import { CoapUsageError } from "../errors.ts";
import type { CoapRequest } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";

/** A client exchange that takes more than one request: its blocks, or its proof of freshness (RFC 9175). */
export class ClientTransfer<T> {
  request: CoapRequest;
  /** Makes a notification complete, not a response. */
  readonly isNotification: boolean;
  /** The request under way. */
  current: ClientRow<T> | undefined = undefined;
  upload: Upload | undefined = undefined;
  download: Download | undefined = undefined;
  /** How often it began anew. */
  restarts = 0;
  #handle: ClientRow<T> | undefined = undefined;

  constructor(request: CoapRequest, isNotification: boolean) {
    this.request = request;
    this.isNotification = isNotification;
  }

  /** What the caller holds: the first of its requests. */
  get handle(): ClientRow<T> {
    if (this.#handle === undefined) throw new CoapUsageError("a transfer has no request yet");
    return this.#handle;
  }

  /** Goes on with a request. Called before that is sent: its response may come at once. */
  follow(row: ClientRow<T>): void {
    this.#handle ??= row;
    this.current = row;
    row.transfer = this;
  }
}

/** The request's body on its way to the peer. */
export interface Upload {
  /** Bytes that the peer has. */
  offset: number;
  szx: number;
  /** Request-Tag (RFC 9175), when other bodies are under way. */
  readonly tag: Uint8Array | undefined;
}

/** The response's body on its way from the peer. */
export interface Download {
  /** The first block with its options. */
  readonly first: CoapMessage;
  readonly entityTag: string;
  readonly blocks: Uint8Array[];
  length: number;
  szx: number;
}
