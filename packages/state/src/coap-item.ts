import type {
  BodyState,
  CoapPeerState,
  DuplicateKind,
  DuplicateState,
  ObservationState,
} from "@dtls-cluster/coap";
import type { FieldReader } from "./field-reader.ts";
import type { MessagePackWriter } from "./message-pack-writer.ts";

/**
 * `[next message id, mark, [message id, kind, age in ms, answer, ...], [unacknowledged, ...],
 * [request, sequence, last message id, ...], [kind, key, code, options, bytes, age in ms, ...]]`: duplicates,
 * observations and bodies without a level of their own. The last two end the array only where there are any.
 */
export function packCoap(to: MessagePackWriter, state: CoapPeerState): void {
  const { duplicates, unacknowledged, observations = [], bodies = [] } = state;
  const isPlain = observations.length + bodies.length === 0;
  to.array(isPlain ? 4 : 6);
  to.number(state.nextMessageId);
  to.number(state.mark);
  to.array(4 * duplicates.length);
  for (const { messageId, kind, ageMs, answer } of duplicates) {
    to.number(messageId);
    to.number(kind);
    to.number(Math.round(ageMs));
    to.bytes(answer);
  }
  to.array(unacknowledged.length);
  for (const message of unacknowledged) to.bytes(message);
  if (isPlain) return;
  to.array(3 * observations.length);
  for (const { request, sequence, lastMessageId } of observations) {
    to.bytes(request);
    to.number(sequence);
    to.number(lastMessageId);
  }
  to.array(6 * bodies.length);
  for (const { kind, key, code, options, bytes, ageMs } of bodies) {
    to.number(KINDS.indexOf(kind));
    to.bytes(key);
    to.number(code);
    to.bytes(options);
    to.bytes(bytes);
    to.number(Math.round(ageMs));
  }
}

const KINDS: readonly BodyState["kind"][] = ["upload", "download"];

/** @throws StateError of `fields` for anything that {@link packCoap} does not write. */
export function unpackCoap(fields: FieldReader, elapsedMs: number): CoapPeerState {
  const nextMessageId = fields.integer("coap.nextMessageId", -1, 0xffff);
  const mark = fields.integer("coap.mark", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const duplicates = unpackDuplicates(fields.nested("coap.duplicates"), elapsedMs);
  const unacknowledged = unpackMessages(fields.nested("coap.unacknowledged"));
  const plain: CoapPeerState = { nextMessageId, mark, duplicates, unacknowledged };
  const observations = fields.optionalNested("coap.observations");
  const bodies = fields.optionalNested("coap.bodies");
  return {
    ...plain,
    ...(observations !== undefined && { observations: unpackObservations(observations) }),
    ...(bodies !== undefined && { bodies: unpackBodies(bodies, elapsedMs) }),
  };
}

function unpackObservations(list: FieldReader): ObservationState[] {
  const observations: ObservationState[] = [];
  while (!list.isAtEnd) {
    observations.push({
      request: list.bytes("coap.observation request"),
      sequence: list.integer("coap.observation sequence", 0, 0xffffff),
      lastMessageId: list.integer("coap.observation message id", -1, 0xffff),
    });
  }
  return observations;
}

function unpackBodies(list: FieldReader, elapsedMs: number): BodyState[] {
  const bodies: BodyState[] = [];
  while (!list.isAtEnd) {
    bodies.push({
      kind: KINDS[list.integer("coap.body kind", 0, KINDS.length - 1)] as BodyState["kind"],
      key: list.bytes("coap.body key"),
      code: list.integer("coap.body code", 0, 255),
      options: list.bytes("coap.body options"),
      bytes: list.bytes("coap.body bytes"),
      ageMs: list.amount("coap.body ageMs") + elapsedMs,
    });
  }
  return bodies;
}

function unpackDuplicates(list: FieldReader, elapsedMs: number): DuplicateState[] {
  const duplicates: DuplicateState[] = [];
  while (!list.isAtEnd) {
    duplicates.push({
      messageId: list.integer("coap.messageId", 0, 0xffff),
      kind: list.integer("coap.kind", 0, 3) as DuplicateKind,
      ageMs: list.amount("coap.ageMs") + elapsedMs,
      answer: list.bytes("coap.answer"),
    });
  }
  return duplicates;
}

function unpackMessages(list: FieldReader): Uint8Array[] {
  const messages: Uint8Array[] = [];
  while (!list.isAtEnd) messages.push(list.bytes("coap.unacknowledged message"));
  return messages;
}
