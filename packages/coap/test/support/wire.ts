import {
  type ClientExchange,
  type CoapEndpoint,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapPeer,
  type CoapSink,
  createCoapEndpoint,
  decodeMessage,
  type FailureReason,
  type ReceiveOutcome,
  type ServerExchange,
} from "../../src/index.ts";

/** A repeatable source of bytes. */
export function seededEntropy(seed = 1): { fill(target: Uint8Array): void } {
  let state = seed >>> 0 || 1;
  return {
    fill(target) {
      for (let index = 0; index < target.length; index += 1) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        target[index] = state;
      }
    },
  };
}

export interface Told {
  readonly responses: { exchange: ClientExchange<string>; message: CoapMessage; now: number }[];
  readonly failures: { exchange: ClientExchange<string>; reason: FailureReason; now: number }[];
  readonly requests: { exchange: ServerExchange<string>; message: CoapMessage; now: number }[];
}

/** One endpoint with one peer whose messages are collected as hex in `sent`. */
export interface Station extends Told {
  readonly endpoint: CoapEndpoint<string>;
  readonly peer: CoapPeer<string>;
  readonly sent: string[];
  receive(message: string | Uint8Array, now?: number): ReceiveOutcome;
}

export function createStation(
  options: Partial<CoapEndpointOptions> = {},
  more: Partial<CoapSink<string>> = {},
): Station {
  const sent: string[] = [];
  const told: Told = { responses: [], failures: [], requests: [] };
  const endpoint = createCoapEndpoint<string>(
    { entropy: seededEntropy(), ...options },
    {
      transmit: (_peer, message) => void sent.push(hex(message)),
      request: (exchange, request, now) =>
        void told.requests.push({ exchange, message: request.copy(), now }),
      response: (exchange, response, now) =>
        void told.responses.push({ exchange, message: response.copy(), now }),
      failed: (exchange, reason, now) => void told.failures.push({ exchange, reason, now }),
      ...more,
    },
  );
  const peer = endpoint.openPeer("peer");
  return {
    ...told,
    endpoint,
    peer,
    sent,
    receive: (message, now = 0) =>
      endpoint.receive(peer, typeof message === "string" ? bytes(message) : message, now),
  };
}

/** Bytes of hex digits; spaces are for the reader. */
export function bytes(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

export function hex(message: Uint8Array): string {
  return Array.from(message, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The message, which must be well-formed. */
export function decoded(message: string | Uint8Array): CoapMessage {
  const view = decodeMessage(typeof message === "string" ? bytes(message) : message);
  if (view === undefined) throw new Error(`malformed: ${message}`);
  return view;
}

/** The last element, which must exist. */
export function last<E>(list: readonly E[]): E {
  const element = list.at(-1);
  if (element === undefined) throw new Error("the list is empty");
  return element;
}

/** Fires deadlines one by one until none is at or before `until`. */
export function runUntil(endpoint: CoapEndpoint<string>, until: number): void {
  for (let due = endpoint.nextTimeout(); due !== undefined && due <= until; ) {
    endpoint.handleTimeout(due);
    due = endpoint.nextTimeout();
  }
}
