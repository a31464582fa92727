import { CoapUsageError } from "../errors.ts";

/** How bodies that do not fit a message go in blocks (RFC 7959), and what they may hold. */
export interface BlockwiseOptions {
  /** Bytes of a block, a power of two from 16 to 1024; smaller where the peer or its transport wants so. Default 1024. */
  readonly preferredBlockSize: number;
  /** Longest body that is taken or sent, 1024 to 16 777 216 bytes. Default 65 536. */
  readonly maxBodyLength: number;
  /** Bodies of one peer under way, 1 to 64. Beyond it the oldest is forgotten. Default 4. */
  readonly maxBodiesPerPeer: number;
  /** Bytes of the bodies of all peers. Beyond it the oldest are forgotten. Default 67 108 864. */
  readonly maxBodyBytes: number;
}

/** @throws CoapUsageError for an option out of range */
export function checkedBlockwise(given: Partial<BlockwiseOptions> = {}): BlockwiseOptions {
  const options: BlockwiseOptions = {
    preferredBlockSize: given.preferredBlockSize ?? 1024,
    maxBodyLength: given.maxBodyLength ?? 65_536,
    maxBodiesPerPeer: given.maxBodiesPerPeer ?? 4,
    maxBodyBytes: given.maxBodyBytes ?? 67_108_864,
  };
  const { preferredBlockSize: size } = options;
  if (!(size >= 16 && size <= 1024 && Number.isInteger(Math.log2(size)))) {
    throw new CoapUsageError(`preferredBlockSize is ${size}, accepted are 16, 32, 64 to 1024`);
  }
  check("maxBodyLength", options.maxBodyLength, 1024, 1 << 24);
  check("maxBodiesPerPeer", options.maxBodiesPerPeer, 1, 64);
  check("maxBodyBytes", options.maxBodyBytes, options.maxBodyLength, Number.MAX_SAFE_INTEGER);
  return options;
}

function check(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new CoapUsageError(`${name} is ${value}, accepted is ${min} to ${max}`);
}
