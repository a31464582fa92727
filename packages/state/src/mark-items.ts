import { StateError, type StatePosition } from "./errors.ts";
import type { NodeState, StateAttributes, StateHeader, StateSummary } from "./items.ts";

/** @throws StateError when a known field is missing or of another type; unknown fields are ignored. */
export function unpackHeader(body: unknown, position: StatePosition): StateHeader {
  const map = new MapReader(body, position);
  const attributes = map.optionalAttributes("attributes");
  return {
    nodeId: map.count("nodeId"),
    generation: map.count("generation"),
    createdAt: map.amount("createdAt"),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

/** @throws StateError as {@link unpackHeader}. */
export function unpackNode(body: unknown, position: StatePosition): NodeState {
  const map = new MapReader(body, position);
  return {
    nodeId: map.count("nodeId"),
    generation: map.count("generation"),
    cookieSecret: map.optionalBytes("cookieSecret"),
    wallTime: map.amount("wallTime"),
  };
}

/** @throws StateError as {@link unpackHeader}. */
export function unpackSummary(body: unknown, position: StatePosition): StateSummary {
  const map = new MapReader(body, position);
  return {
    connections: map.count("connections"),
    removals: map.count("removals"),
    skipped: map.count("skipped"),
    items: map.count("items"),
  };
}

class MapReader {
  readonly #map: Readonly<Record<string, unknown>>;
  readonly #position: StatePosition;

  constructor(body: unknown, position: StatePosition) {
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      throw new StateError("STATE_ITEM", "expected a map", { position });
    }
    this.#map = body as Readonly<Record<string, unknown>>;
    this.#position = position;
  }

  count(name: string): number {
    const value = this.#map[name];
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.#fail(name, "a whole number, 0 or more");
  }

  amount(name: string): number {
    const value = this.#map[name];
    return typeof value === "number" && value >= 0 && Number.isFinite(value)
      ? value
      : this.#fail(name, "a number, 0 or more");
  }

  optionalBytes(name: string): Uint8Array | undefined {
    const value = this.#map[name];
    if (value === null || value === undefined) return undefined;
    return value instanceof Uint8Array ? new Uint8Array(value) : this.#fail(name, "a byte string");
  }

  /** Leaves out values that are no plain ones: a later version may have more types. */
  optionalAttributes(name: string): StateAttributes | undefined {
    const value = this.#map[name];
    if (value === null || value === undefined) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) return this.#fail(name, "a map");
    const attributes: Record<string, string | number | boolean> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry === "string" || typeof entry === "number" || typeof entry === "boolean") {
        attributes[key] = entry;
      }
    }
    return attributes;
  }

  #fail(name: string, expected: string): never {
    throw new StateError("STATE_ITEM", `field ${name}: expected ${expected}`, {
      position: this.#position,
    });
  }
}
