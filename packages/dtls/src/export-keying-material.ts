import type { Association } from "./association.ts";
import { exportKeyingMaterial, isReservedLabel } from "./crypto/exporter.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import { DtlsUsageError } from "./errors.ts";
import { unpackSecrets } from "./state/session-secrets.ts";

/** See Endpoint.exportKeyingMaterial. */
export function exportFrom(
  core: EndpointCore,
  association: Association,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array | undefined {
  if (!/^[\x20-\x7e]+$/.test(label) || isReservedLabel(label)) {
    throw new DtlsUsageError(
      `label is "${label}", but must be printable ASCII and none of TLS's own`,
    );
  }
  if (!Number.isInteger(length) || length < 1 || length > 65_535) {
    throw new DtlsUsageError(`length is ${length}, but must be an integer from 1 to 65535`);
  }
  if (context !== undefined && context.length > 65_535) {
    throw new DtlsUsageError(`context has ${context.length} bytes, but must have at most 65535`);
  }
  const { suite, secretSlot } = association;
  if (association.phase !== "connected" || suite === undefined || secretSlot < 0) return undefined;
  if (!association.extendedMasterSecret) return undefined;
  const secrets = unpackSecrets(core.secrets.view(secretSlot), suite);
  const { crypto } = core.config;
  const material = exportKeyingMaterial(crypto, suite.hash, secrets, label, context, length);
  for (const secret of Object.values(secrets)) (secret as Uint8Array).fill(0);
  return material;
}
