/** Stable codes of {@link StateError}; a code never changes its meaning. */
export type StateErrorCode =
  /** The bytes are no state stream at all. */
  | "STATE_FORMAT"
  /** The stream was written in a newer major version. */
  | "STATE_VERSION"
  /** A checksum, a count or the order of the items does not match. */
  | "STATE_CORRUPT"
  /** The stream ended before its end. */
  | "STATE_TRUNCATED"
  /** An item is intact, but its content is not what its kind requires. */
  | "STATE_ITEM"
  /** An item or a frame is larger than allowed. */
  | "STATE_LIMIT"
  /** The caller used the writer, the reader or the stage in the wrong order. */
  | "STATE_USAGE"
  /** A file is encrypted and no password was given, or the password does not open it. */
  | "STATE_PASSWORD"
  /** A file cannot be read, written or renamed. */
  | "STATE_FILE"
  /** There is no such file. */
  | "STATE_FILE_MISSING";

/** Where in a stream something was found: bytes from its start, and items before it. */
export interface StatePosition {
  readonly offset: number;
  readonly item: number;
}

/** A saved or transferred state could not be written or read. Messages hold no secrets. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code: StateErrorCode;
  /** Where it broke, for errors of a stream's content. */
  readonly position: StatePosition | undefined;

  constructor(
    code: StateErrorCode,
    message: string,
    options?: ErrorOptions & { readonly position?: StatePosition },
  ) {
    const at = options?.position;
    super(at ? `${message} (at byte ${at.offset}, after ${at.item} items)` : message, options);
    this.code = code;
    this.position = at;
  }
}
