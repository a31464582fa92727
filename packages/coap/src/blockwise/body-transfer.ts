import type { Association } from "../association.ts";
import { CoapUsageError } from "../errors.ts";
import type { BodyState, CoapPeerState } from "../peer-state.ts";
import { Body } from "./body.ts";
import type { BodyStore } from "./body-store.ts";

/** The state of a peer with its bodies that are under way in blocks. */
export function exportBodies<T>(
  store: BodyStore<T>,
  peer: Association<T>,
  state: CoapPeerState,
  now: number,
): CoapPeerState {
  if (peer.bodies === undefined) return state;
  const bodies = peer.bodies.map((body) => ({
    kind: body.kind,
    key: keyBytes(body.key),
    code: body.code,
    options: new Uint8Array(body.options),
    bytes: new Uint8Array(body.bytes),
    ageMs: Math.floor(store.age(body, now)),
  }));
  return { ...state, bodies };
}

/** Bodies of another process go on here; those that it does not list any more are over. */
export function importBodies<T>(
  store: BodyStore<T>,
  peer: Association<T>,
  { bodies = [] }: CoapPeerState,
  now: number,
): void {
  for (const state of bodies) check(state);
  store.closePeer(peer);
  for (const { kind, key, code, options, bytes, ageMs } of bodies) {
    const body = new Body<T>(peer, kind, keyOf(key), code, new Uint8Array(options));
    body.append(bytes);
    store.add(body, now, ageMs);
  }
}

function check({ kind, key, code, ageMs }: BodyState): void {
  const isValid =
    (kind === "upload" || kind === "download") &&
    key.length % 2 === 0 &&
    Number.isInteger(code) &&
    code >= 0 &&
    code <= 255 &&
    ageMs >= 0;
  if (!isValid) throw new CoapUsageError("a body in blocks is malformed");
}

/** Two bytes for each unit: option numbers have up to 16 bits. */
function keyBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(2 * key.length);
  for (let index = 0; index < key.length; index += 1) {
    const unit = key.charCodeAt(index);
    bytes[2 * index] = unit >> 8;
    bytes[2 * index + 1] = unit;
  }
  return bytes;
}

function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (let index = 0; index < bytes.length; index += 2) {
    key += String.fromCharCode(((bytes[index] as number) << 8) | (bytes[index + 1] as number));
  }
  return key;
}
