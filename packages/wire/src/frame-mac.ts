/** Octets of the MAC between the header and the payload of a frame. */
export const frameMacLength = 8;

/** HMAC under a key that the function holds; the hash is that of the channel's cipher suite. Keeps no view of `covered`. */
export type FrameHmac = (covered: Uint8Array) => Uint8Array;

const window = 32;

/**
 * The octets a frame's MAC covers: the header and, of a long payload, its first and last 32 octets.
 * Octets in between are left to the record's own protection.
 * @param frame header, 8 octets for the MAC, payload of at least one octet.
 * @param macOffset 8 (IPv4) or 20 (IPv6).
 */
export function frameMacInput(frame: Uint8Array, macOffset: number): Uint8Array {
  return gather(frame, macOffset, new Uint8Array(longestInput)).slice();
}

/** Header of 20 octets and two windows. */
const longestInput = 20 + 2 * window;
/** A new array for each frame would cost as much as a part of the hash; nobody keeps this one. */
const scratch = new Uint8Array(longestInput);

/** Writes the covered octets to `target`, and returns a view of them. */
function gather(frame: Uint8Array, macOffset: number, target: Uint8Array): Uint8Array {
  const payloadOffset = macOffset + frameMacLength;
  const payloadLength = frame.length - payloadOffset;
  const isWhole = payloadLength <= 2 * window - macOffset;
  const covered = target.subarray(0, macOffset + (isWhole ? payloadLength : 2 * window));
  covered.set(frame.subarray(0, macOffset));
  if (isWhole) {
    covered.set(frame.subarray(payloadOffset), macOffset);
  } else {
    covered.set(frame.subarray(payloadOffset, payloadOffset + window), macOffset);
    covered.set(frame.subarray(frame.length - window), macOffset + window);
  }
  return covered;
}

/** Writes the MAC of `frame` into its place. */
export function sealFrameMac(frame: Uint8Array, macOffset: number, hmac: FrameHmac): void {
  const mac = hmac(gather(frame, macOffset, scratch));
  for (let index = 0; index < frameMacLength; index++) {
    frame[macOffset + index] = mac[index] ?? 0;
  }
}

/** Whether `frame` carries its MAC; takes the same time wherever the first difference is. */
export function verifyFrameMac(frame: Uint8Array, macOffset: number, hmac: FrameHmac): boolean {
  if (frame.length <= macOffset + frameMacLength) return false;
  const mac = hmac(gather(frame, macOffset, scratch));
  if (mac.length < frameMacLength) return false;
  let difference = 0;
  for (let index = 0; index < frameMacLength; index++) {
    difference |= (mac[index] ?? 0) ^ (frame[macOffset + index] ?? 0);
  }
  return difference === 0;
}

/** Lengths that a cipher suite takes from the TLS key block, in octets. */
export interface KeyBlockLengths {
  /** mac_key_len: 0 for AEAD suites. */
  readonly macKey: number;
  readonly encryptionKey: number;
  /** fixed_iv_len: 4 for GCM and CCM, 0 for CBC. */
  readonly fixedIv: number;
}

/** Octets of PRF output ("key expansion") that a channel with frame MACs draws. */
export function clusterKeyBlockLength(lengths: KeyBlockLengths): number {
  return 2 * (lengths.macKey + 2 * lengths.encryptionKey + lengths.fixedIv);
}

/**
 * The frame MAC keys of a channel. They start where server_write_IV starts, so they overlap it: that
 * is what Californium has on the wire.
 * @param keyBlock PRF output of {@link clusterKeyBlockLength} octets.
 */
export function clusterMacKeys(
  keyBlock: Uint8Array,
  lengths: KeyBlockLengths,
): { readonly client: Uint8Array; readonly server: Uint8Array } {
  const { macKey, encryptionKey, fixedIv } = lengths;
  const clientOffset = 2 * macKey + 2 * encryptionKey + fixedIv;
  const serverOffset = clientOffset + encryptionKey;
  return {
    client: keyBlock.slice(clientOffset, serverOffset),
    server: keyBlock.slice(serverOffset, serverOffset + encryptionKey),
  };
}
