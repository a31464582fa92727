import type { ConnectionState, Entropy } from "@dtls-cluster/dtls";
import type { CaliforniumConnection } from "./connection-item.ts";
import { CaliforniumStateError } from "./errors.ts";
import { fromConnectionState } from "./from-connection-state.ts";
import { encodeCaliforniumStream } from "./stream.ts";

export interface CaliforniumWriteOptions {
  /** Of the DTLSContext items: 5 for Californium 4.0, 4 for 3.x. */
  readonly version: 4 | 5;
  /**
   * What the connector that is to load it is called: the URI of its configured address, as `dtls://0.0.0.0:5784`, or
   * its configured label. A connector loads nothing that has another label.
   */
  readonly label: string;
  /** Now, wall-clock milliseconds since 1970. */
  readonly wallTime: number;
  /** For the numbers of connections without a CID. */
  readonly entropy: Entropy;
}

export interface CaliforniumExport {
  /** The plain stream. Has secrets: never log it. */
  readonly bytes: Uint8Array;
  /** Connections that were written. */
  readonly written: number;
  readonly unwritten: readonly UnwrittenConnection[];
}

/** A connection that the format, or Californium, has no place for. Holds no secret. */
export interface UnwrittenConnection {
  /** Its number in what was given, from 0. */
  readonly index: number;
  /** All that speaks against it; one or more. */
  readonly reasons: readonly string[];
}

/**
 * Writes a plain stream with one connector, the longest idle connection first as Californium does. Who seals on with
 * one of these connections afterwards uses nonces twice: export them for good first.
 * @throws CaliforniumStateError (CALIFORNIUM_USAGE) for options out of range
 */
export function writeCaliforniumState(
  states: readonly ConnectionState[],
  options: CaliforniumWriteOptions,
): CaliforniumExport {
  const { version, label, entropy } = options;
  if (version !== 4 && version !== 5) throw usage(`version is ${version}, but must be 4 or 5`);
  if (label === "") throw usage("the label is empty: give the URI of the connector that loads it");
  const wallTime = Math.round(options.wallTime);
  if (!Number.isSafeInteger(wallTime) || wallTime < 0) {
    throw usage(`wallTime is ${options.wallTime}, but must be milliseconds since 1970`);
  }
  const millis = BigInt(wallTime);
  const nanos = millis * 1_000_000n;
  const unwritten: UnwrittenConnection[] = [];
  const found: { readonly idleMs: number; readonly connection: CaliforniumConnection }[] = [];
  for (const [index, state] of states.entries()) {
    const connection = fromConnectionState(state, { version, nowNanos: nanos, entropy });
    if ("context" in connection) found.push({ idleMs: state.idleMs, connection });
    else unwritten.push({ index, reasons: connection });
  }
  found.sort((a, b) => b.idleMs - a.idleMs);
  const connections = found.map(({ connection }) => connection);
  const components = [{ label, connections }];
  const bytes = encodeCaliforniumStream({ savedAt: { millis, nanos }, components });
  return { bytes, written: connections.length, unwritten };
}

function usage(text: string): CaliforniumStateError {
  return new CaliforniumStateError("CALIFORNIUM_USAGE", text);
}
