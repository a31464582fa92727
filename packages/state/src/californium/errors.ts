/** Stable codes of {@link CaliforniumStateError}; a code never changes its meaning. */
export type CaliforniumStateErrorCode =
  /** The bytes are no saved state of Californium. */
  | "CALIFORNIUM_FORMAT"
  /** An item has a version, or the file a cipher, that this reader does not know. */
  | "CALIFORNIUM_VERSION"
  /** A field holds what it cannot hold, or an item does not end where it says. */
  | "CALIFORNIUM_CORRUPT"
  /** The bytes ended before the end mark. */
  | "CALIFORNIUM_TRUNCATED"
  /** It is encrypted and no password was given, or the password does not open it. */
  | "CALIFORNIUM_PASSWORD"
  /** A file cannot be read, written or renamed. */
  | "CALIFORNIUM_FILE"
  /** There is no such file. */
  | "CALIFORNIUM_FILE_MISSING"
  /** The caller asked for something that the format cannot hold. */
  | "CALIFORNIUM_USAGE";

/** Where in a saved state something was found. */
export interface CaliforniumPlace {
  /** Byte, counted from the start of the plain stream. */
  readonly offset: number;
  /** Label of the component, undefined before the first one. */
  readonly component: string | undefined;
  /** Number of the connection or item in its component, from 0; undefined outside of one. */
  readonly item: number | undefined;
  /** The field in the item, as the format's description calls it. */
  readonly field: string;
}

/** A saved state of Californium could not be read or written. Messages hold no secrets. */
export class CaliforniumStateError extends Error {
  override readonly name = "CaliforniumStateError";
  readonly code: CaliforniumStateErrorCode;
  /** For errors of the content. */
  readonly place: CaliforniumPlace | undefined;

  /** An error with a cause says what its cause says, and so does not repeat the place in its message. */
  constructor(
    code: CaliforniumStateErrorCode,
    message: string,
    options?: ErrorOptions & { readonly place?: CaliforniumPlace },
  ) {
    const place = options?.place;
    const isFirst = place !== undefined && options?.cause === undefined;
    super(isFirst ? `${message} (${placeText(place)})` : message, options);
    this.code = code;
    this.place = place;
  }
}

function placeText({ offset, component, item, field }: CaliforniumPlace): string {
  const parts = [`at byte ${offset}`];
  if (component !== undefined) parts.push(`component "${component}"`);
  if (item !== undefined) parts.push(`item ${item}`);
  return `${parts.join(", ")}: ${field}`;
}
