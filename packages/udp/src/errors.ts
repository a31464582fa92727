/** Stable codes of {@link UdpError}; a code never changes its meaning. */
export type UdpErrorCode =
  | "UDP_ADDRESS_IN_USE"
  | "UDP_ADDRESS_NOT_AVAILABLE"
  | "UDP_ADDRESS_INVALID"
  | "UDP_PERMISSION_DENIED"
  | "UDP_OPTION_INVALID"
  | "UDP_BATCH_UNAVAILABLE"
  | "UDP_OPEN_FAILED";

/** A socket could not be opened, or was asked for something impossible. The message is one line. */
export class UdpError extends Error {
  override readonly name = "UdpError";
  readonly code: UdpErrorCode;

  constructor(code: UdpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Turns what the system said about opening `where` (`127.0.0.1:5684`) into a sentence. */
export function openError(where: string, cause: unknown): UdpError {
  if (cause instanceof UdpError) return cause;
  const systemCode = errorCode(cause);
  switch (systemCode) {
    case "EADDRINUSE":
      return new UdpError("UDP_ADDRESS_IN_USE", `UDP ${where} is in use by another socket`, {
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new UdpError(
        "UDP_PERMISSION_DENIED",
        `UDP ${where} may not be opened by this user (${systemCode})`,
        { cause },
      );
    case "EADDRNOTAVAIL":
    case "ENODEV":
      return new UdpError(
        "UDP_ADDRESS_NOT_AVAILABLE",
        `UDP ${where} is not an address of this host (${systemCode})`,
        { cause },
      );
    case "EAFNOSUPPORT":
      return new UdpError(
        "UDP_ADDRESS_NOT_AVAILABLE",
        `UDP ${where}: this host does not support its address family`,
        { cause },
      );
    default:
      return new UdpError("UDP_OPEN_FAILED", `UDP ${where} could not be opened (${systemCode})`, {
        cause,
      });
  }
}

/** The system's code of an error, `UNKNOWN` for anything else. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  return "UNKNOWN";
}
