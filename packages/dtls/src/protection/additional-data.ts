import { ContentType } from "../record/content-type.ts";
import { versionDtls12, writeEpochAndSequence } from "../record/record-header.ts";

// Both directions build their additional data here: a record is sealed or opened before the next one begins.
const scratch: Uint8Array = new Uint8Array(8 + 3 + 2 + 8 + 255 + 2);
const plainForm: Uint8Array = scratch.subarray(0, 13);
const connectionIdForms: Uint8Array[] = [];

/** The additional data of RFC 6347 section 4.1.2.1. The view is valid until the next call of this module. */
export function plainAdditionalData(
  type: number,
  epoch: number,
  sequence: number,
  plaintextLength: number,
): Uint8Array {
  writeEpochAndSequence(scratch, 0, epoch, sequence);
  scratch[8] = type;
  scratch[9] = versionDtls12 >>> 8;
  scratch[10] = versionDtls12 & 0xff;
  scratch[11] = plaintextLength >>> 8;
  scratch[12] = plaintextLength;
  return plainForm;
}

/**
 * The additional data of RFC 9146 section 5.3. The view is valid until the next call of this module.
 * @param connectionId 1 to 255 bytes.
 * @param innerLength bytes of the DTLSInnerPlaintext.
 */
export function connectionIdAdditionalData(
  epoch: number,
  sequence: number,
  connectionId: Uint8Array,
  innerLength: number,
): Uint8Array {
  const length = connectionId.length;
  for (let at = 0; at < 8; at++) {
    scratch[at] = 0xff;
  }
  scratch[8] = ContentType.tls12Cid;
  scratch[9] = length;
  scratch[10] = ContentType.tls12Cid;
  scratch[11] = versionDtls12 >>> 8;
  scratch[12] = versionDtls12 & 0xff;
  writeEpochAndSequence(scratch, 13, epoch, sequence);
  for (let i = 0; i < length; i++) {
    scratch[21 + i] = connectionId[i] ?? 0;
  }
  scratch[21 + length] = innerLength >>> 8;
  scratch[22 + length] = innerLength;
  let form = connectionIdForms[length];
  if (form === undefined) {
    form = scratch.subarray(0, 23 + length);
    connectionIdForms[length] = form;
  }
  return form;
}
