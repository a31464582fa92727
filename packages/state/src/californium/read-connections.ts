import type { ConnectionState } from "@dtls-cluster/dtls";
import type { CaliforniumConnection } from "./connection-item.ts";
import {
  type CaliforniumTimeMark,
  decodeCaliforniumStream,
  type IsConnector,
  isConnectorLabel,
} from "./stream.ts";
import { supportedSuites } from "./suites.ts";
import { toConnectionState } from "./to-connection-state.ts";

export interface CaliforniumReadOptions {
  /** Now, wall-clock milliseconds since 1970: the time between the save and now counts as idle. */
  readonly wallTime: number;
  /** The role of the side that saved: it is not part of the format. Default: server. */
  readonly role?: "client" | "server";
  /** Which components are DTLS connectors; all others are skipped. Default: labels that begin with `dtls://`. */
  readonly isConnector?: IsConnector;
  /** IANA numbers of the suites to take. Default: those of `@dtls-cluster/dtls`. */
  readonly suites?: readonly number[];
  /** Largest UDP payload for connections of DTLSContext version 2, which has no limit. Default: 1232. */
  readonly mtu?: number;
}

/** What a saved state of Californium holds. Has secrets: never log it. */
export interface CaliforniumImport {
  /** Wall-clock milliseconds since 1970 of the save, undefined when not saved. */
  readonly savedAtMs: number | undefined;
  /** One for each component, in the order of the stream. */
  readonly components: readonly CaliforniumComponentSummary[];
  readonly connections: readonly ConnectionState[];
  /** One for each connection that this system cannot go on with. */
  readonly refused: readonly RefusedConnection[];
}

export interface CaliforniumComponentSummary {
  readonly label: string;
  /** False for an unknown component, whose items were skipped. */
  readonly isConnector: boolean;
  /** Connections, or skipped items. */
  readonly items: number;
}

/** A connection that was left out. Holds no secret. */
export interface RefusedConnection {
  readonly component: string;
  /** Its number in the component, from 0. */
  readonly item: number;
  /** Its CID (or the number that its store gave it) in hexadecimal. */
  readonly connectionId: string;
  /** All that speaks against it, as `suite 0xC02B (...) is not supported`; one or more. */
  readonly reasons: readonly string[];
}

const NANOS_PER_MS = 1_000_000n;
const DEFAULT_MTU = 1232;

/**
 * Reads a plain stream: what `/restore` answers, or a file without its envelope. Connections that cannot be taken do
 * not stop the others; damaged, truncated or newer input does, and nothing is taken then.
 * @throws CaliforniumStateError with code and place
 */
export function readCaliforniumState(
  bytes: Uint8Array,
  options: CaliforniumReadOptions,
): CaliforniumImport {
  const isConnector = options.isConnector ?? isConnectorLabel;
  const { savedAt, components } = decodeCaliforniumStream(bytes, isConnector);
  const summaries: CaliforniumComponentSummary[] = [];
  const connections: ConnectionState[] = [];
  const refused: RefusedConnection[] = [];
  for (const component of components) {
    const { label } = component;
    if (!("connections" in component)) {
      summaries.push({ label, isConnector: false, items: component.skippedItems });
      continue;
    }
    summaries.push({ label, isConnector: true, items: component.connections.length });
    for (const [item, connection] of component.connections.entries()) {
      const state = toConnectionState(connection, {
        role: options.role ?? "server",
        idleMs: idleMs(connection, savedAt, options.wallTime),
        suites: options.suites ?? supportedSuites,
        mtu: options.mtu ?? DEFAULT_MTU,
      });
      if ("peer" in state) connections.push(state);
      else {
        const connectionId = hex(connection.connectionId);
        refused.push({ component: label, item, connectionId, reasons: state });
      }
    }
  }
  const savedAtMs = savedAt === undefined ? undefined : Number(savedAt.millis);
  return { savedAtMs, components: summaries, connections, refused };
}

/**
 * The time on the writer's clock up to the save, and the wall-clock time since then unless it ran backwards. Without
 * a time mark the two clocks cannot be compared: the connection counts as just used.
 */
function idleMs(
  { lastMessageNanos }: CaliforniumConnection,
  savedAt: CaliforniumTimeMark | undefined,
  wallTime: number,
): number {
  if (savedAt === undefined) return 0;
  const before = Number((savedAt.nanos - lastMessageNanos) / NANOS_PER_MS);
  const since = Math.max(0, Math.round(wallTime) - Number(savedAt.millis));
  return Math.max(0, before + since);
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
