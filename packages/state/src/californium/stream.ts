import { ByteReader, type ReadingPlace } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  type CaliforniumConnection,
  decodeConnection,
  encodeConnection,
} from "./connection-item.ts";
import { CaliforniumStateError } from "./errors.ts";

/** A saved state: the plain stream of a `/restore` download, or of a file without its envelope. */
export interface CaliforniumStream {
  /** Undefined when the writer left it out. */
  readonly savedAt: CaliforniumTimeMark | undefined;
  readonly components: readonly CaliforniumComponent[];
}

/** The writer's clocks when it wrote. */
export interface CaliforniumTimeMark {
  /** Wall-clock milliseconds since 1970. */
  readonly millis: bigint;
  /** The clock of the connections' times: any origin. */
  readonly nanos: bigint;
}

/** What one component saved under its label: a DTLS connector its connections, any other its items, as they are. */
export type CaliforniumComponent =
  | { readonly label: string; readonly connections: readonly CaliforniumConnection[] }
  | { readonly label: string; readonly skippedItems: number; readonly bytes: Uint8Array };

/** Whether a component's items are connections of a DTLS connector. */
export type IsConnector = (label: string) => boolean;

const MARKER = "COMPONENTS";
const MARK_VERSION = 1;

/** Labels of DTLS connectors are their URI, unless their configuration names another. */
export const isConnectorLabel: IsConnector = (label) => label.startsWith("dtls://");

/**
 * Decodes a whole stream; nothing of it comes out when any part is damaged, truncated or of another version.
 * The format has no checksum: a changed bit in a key or a counter is not noticed.
 * @throws CaliforniumStateError with the place
 */
export function decodeCaliforniumStream(
  bytes: Uint8Array,
  isConnector: IsConnector = isConnectorLabel,
): CaliforniumStream {
  const place: ReadingPlace = { component: undefined, item: undefined };
  const reader = new ByteReader(bytes, place);
  const savedAt = decodeStart(reader);
  const components: CaliforniumComponent[] = [];
  for (;;) {
    place.component = undefined;
    place.item = undefined;
    const label = reader.optionalText(2, "label of a component");
    if (label === undefined) break;
    place.component = label;
    components.push(
      isConnector(label)
        ? { label, connections: decodeConnections(reader, place) }
        : skipItems(reader, place, label),
    );
  }
  reader.finish("end mark");
  return { savedAt, components };
}

/** Whether bytes begin as a plain stream does. Cheap, and no promise about the rest. */
export function startsAsCaliforniumStream(bytes: Uint8Array): boolean {
  try {
    decodeStart(new ByteReader(bytes, { component: undefined, item: undefined }));
    return true;
  } catch {
    return false;
  }
}

function decodeStart(reader: ByteReader): CaliforniumTimeMark | undefined {
  const version = reader.uint(1, "time mark");
  if (version > MARK_VERSION) reader.failAt(0, "this is no saved state", "time mark", "FORMAT");
  let savedAt: CaliforniumTimeMark | undefined;
  if (version === MARK_VERSION) {
    if (reader.uint(1, "time mark") !== 16) {
      reader.failAt(0, "this is no saved state", "time mark", "FORMAT");
    }
    savedAt = { millis: reader.int64("time mark"), nanos: reader.int64("time mark") };
  }
  const from = reader.offset;
  const length = reader.uint(1, "marker");
  if (length !== MARKER.length || !isMarker(reader.bytes(length, "marker"))) {
    reader.failAt(from, `this is no saved state, "${MARKER}" is missing`, "marker", "FORMAT");
  }
  return savedAt;
}

function isMarker(bytes: Uint8Array): boolean {
  return bytes.every((byte, index) => byte === MARKER.charCodeAt(index));
}

function decodeConnections(reader: ByteReader, place: ReadingPlace): CaliforniumConnection[] {
  const connections: CaliforniumConnection[] = [];
  for (;;) {
    place.item = connections.length;
    const connection = decodeConnection(reader);
    if (connection === undefined) return connections;
    connections.push(connection);
  }
}

/** Components are told apart by nothing but their label; all of them end with the byte 0. */
function skipItems(reader: ByteReader, place: ReadingPlace, label: string): CaliforniumComponent {
  const from = reader.offset;
  for (let skippedItems = 0; ; skippedItems += 1) {
    place.item = skippedItems;
    if (reader.uint(1, "item") === 0) return { label, skippedItems, bytes: reader.since(from) };
    reader.bytes(reader.uint(2, "item"), "item");
  }
}

/**
 * The bytes of a stream; the same as were decoded, for a stream that came out of the decoder.
 * @throws CaliforniumStateError (CALIFORNIUM_USAGE) for a field that is longer than the format allows
 */
export function encodeCaliforniumStream(stream: CaliforniumStream): Uint8Array {
  const writer = new ByteWriter(65_536);
  const { savedAt } = stream;
  if (savedAt === undefined) writer.uint(0, 1);
  else {
    writer.item(MARK_VERSION, 1, () => {
      writer.int64(savedAt.millis);
      writer.int64(savedAt.nanos);
    });
  }
  writer.text(MARKER, 1);
  for (const component of stream.components) {
    writer.text(component.label, 2);
    if ("connections" in component) {
      for (const connection of component.connections) encodeConnection(writer, connection);
      writer.uint(0, 1);
    } else writer.bytes(component.bytes);
  }
  writer.var(undefined, 2);
  return writer.finished();
}

/** One connection alone. @throws CaliforniumStateError */
export function decodeCaliforniumConnection(bytes: Uint8Array): CaliforniumConnection {
  const reader = new ByteReader(bytes, { component: undefined, item: 0 });
  const connection = decodeConnection(reader);
  if (connection === undefined) {
    throw new CaliforniumStateError("CALIFORNIUM_FORMAT", "there is no connection");
  }
  reader.finish("connection");
  return connection;
}

/** @throws CaliforniumStateError (CALIFORNIUM_USAGE) for what the format cannot hold */
export function encodeCaliforniumConnection(connection: CaliforniumConnection): Uint8Array {
  const writer = new ByteWriter();
  encodeConnection(writer, connection);
  return writer.finished();
}
