import type { Association } from "../association.ts";
import { expandKeyBlock } from "../crypto/key-schedule.ts";
import type { HashName } from "../crypto/provider.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { unpackSecrets } from "./session-secrets.ts";

/** The key block of a session (RFC 5246 section 6.3), for protocols that draw further keys from it. */
export interface SessionKeyBlock {
  /** Secret; the caller wipes it after use. */
  readonly bytes: Uint8Array;
  /** Hash of the suite's PRF. */
  readonly hash: HashName;
  /** Bytes of an encryption key of the suite, 16 or 32. */
  readonly keyLength: number;
  /** Bytes of a fixed IV of the suite. */
  readonly fixedIvLength: number;
}

/** The block with `extraKeys` encryption keys more than records need; undefined unless connected. */
export function sessionKeyBlock(
  core: EndpointCore,
  association: Association,
  extraKeys: number,
): SessionKeyBlock | undefined {
  const { phase, suite, secretSlot } = association;
  if (phase !== "connected" || suite === undefined || secretSlot < 0) return undefined;
  const { hash, keyLength, fixedIvLength } = suite;
  const secrets = unpackSecrets(core.secrets.view(secretSlot), suite);
  const { masterSecret, clientRandom, serverRandom } = secrets;
  const length = 2 * (keyLength + fixedIvLength) + extraKeys * keyLength;
  const { crypto } = core.config;
  const bytes = expandKeyBlock(crypto, hash, masterSecret, clientRandom, serverRandom, length);
  for (const secret of Object.values(secrets) as Uint8Array[]) secret.fill(0);
  return { bytes, hash, keyLength, fixedIvLength };
}
