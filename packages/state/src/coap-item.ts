import type { CoapPeerState, DuplicateKind, DuplicateState } from "@dtls-cluster/coap";
import type { FieldReader } from "./field-reader.ts";
import type { MessagePackWriter } from "./message-pack-writer.ts";

/**
 * `[next message id, mark, [message id, kind, age in ms, answer, ...], [unacknowledged, ...]]`:
 * the duplicates without a level of their own, four values each.
 */
export function packCoap(to: MessagePackWriter, state: CoapPeerState): void {
  const { duplicates, unacknowledged } = state;
  to.array(4);
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
}

/** @throws StateError of `fields` for anything that {@link packCoap} does not write. */
export function unpackCoap(fields: FieldReader, elapsedMs: number): CoapPeerState {
  return {
    nextMessageId: fields.integer("coap.nextMessageId", -1, 0xffff),
    mark: fields.integer("coap.mark", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    duplicates: unpackDuplicates(fields.nested("coap.duplicates"), elapsedMs),
    unacknowledged: unpackMessages(fields.nested("coap.unacknowledged")),
  };
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
