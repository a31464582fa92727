/** Stable codes of {@link MonitorConfigError}; a code never changes its meaning. */
export type MonitorConfigCode =
  | "MONITOR_FILE_MISSING"
  | "MONITOR_FILE_UNREADABLE"
  | "MONITOR_NO_CERTIFICATE"
  | "MONITOR_NO_KEY"
  | "MONITOR_KEY_MISMATCH"
  | "MONITOR_TRUST_EMPTY"
  | "MONITOR_EXPIRED"
  | "MONITOR_NOT_YET_VALID"
  | "MONITOR_PORT";

/** An operator's mistake: one line that names the file or port and the remedy. */
export class MonitorConfigError extends Error {
  override readonly name = "MonitorConfigError";
  readonly code: MonitorConfigCode;

  constructor(code: MonitorConfigCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Stable codes of {@link RestoreError}. */
export type RestoreErrorCode =
  /** No connection, or it broke: worth another attempt. */
  | "RESTORE_IO"
  /** Nothing was read for too long: worth another attempt. */
  | "RESTORE_STALLED"
  /** The double is busy (503): worth another attempt. */
  | "RESTORE_BUSY"
  /** One side does not accept the other's certificate. */
  | "RESTORE_TLS"
  /** The double answered with a status that nobody expects. */
  | "RESTORE_STATUS"
  /** The caller gave up. */
  | "RESTORE_ABORTED";

/** The state of the double could not be fetched, or its activation was not acknowledged. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
  readonly code: RestoreErrorCode;
  /** The HTTP status where there was one. */
  readonly status: number | undefined;
  /** The text of an answer with another status than 200, up to 4096 bytes of it: why it was refused. */
  readonly answer: string | undefined;

  constructor(
    code: RestoreErrorCode,
    message: string,
    options?: ErrorOptions & { readonly status?: number; readonly answer?: string },
  ) {
    super(message, options);
    this.code = code;
    this.status = options?.status;
    this.answer = options?.answer;
  }

  /** Another attempt may end differently. */
  get isRetryable(): boolean {
    return (
      this.code === "RESTORE_IO" || this.code === "RESTORE_STALLED" || this.code === "RESTORE_BUSY"
    );
  }
}
