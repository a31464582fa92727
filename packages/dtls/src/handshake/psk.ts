import { DtlsUsageError } from "../errors.ts";

const MAX_PSK_LENGTH = 512;

/** @throws DtlsUsageError for a key that is not 1 to 512 bytes long. */
export function checkPsk(psk: Uint8Array): void {
  if (psk.length < 1 || psk.length > MAX_PSK_LENGTH) {
    throw new DtlsUsageError(
      `psk has ${psk.length} bytes, but must have 1 to ${MAX_PSK_LENGTH} bytes`,
    );
  }
}
