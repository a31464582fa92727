import type { Association } from "../association.ts";
import { DecodeError } from "../codec/decode-error.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";

/** The one boundary where a handshake's errors become its end. */
export function guardHandshake(
  core: EndpointCore,
  association: Association,
  now: number,
  step: () => void,
): void {
  try {
    step();
  } catch (cause) {
    core.fail(association, asDtlsError(cause), now);
  }
}

function asDtlsError(cause: unknown): DtlsError {
  if (cause instanceof DtlsError) return cause;
  if (cause instanceof DecodeError) {
    return new DtlsError("DTLS_DECODE", cause.message, { cause });
  }
  return new DtlsError("DTLS_INTERNAL", "the handshake met an internal error", { cause });
}
