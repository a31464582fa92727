import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Reader } from "../../src/codec/reader.ts";
import { decodeConnectionId } from "../../src/handshake/extensions/connection-id.ts";
import { findExtension } from "../../src/handshake/extensions/extension.ts";
import {
  decodeHandshakeFragment,
  encodeHandshakeMessage,
  type HandshakeFragment,
} from "../../src/handshake/handshake-header.ts";
import { decodeClientHello, encodeClientHello } from "../../src/handshake/messages/client-hello.ts";
import {
  decodePskClientKeyExchange,
  encodePskClientKeyExchange,
} from "../../src/handshake/messages/client-key-exchange.ts";
import {
  decodeHelloVerifyRequest,
  encodeHelloVerifyRequest,
} from "../../src/handshake/messages/hello-verify-request.ts";
import { decodeServerHello, encodeServerHello } from "../../src/handshake/messages/server-hello.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";
import { readPcap } from "../vectors/pcap.ts";

/** The handshake messages in the clear of a session that Californium recorded. */
function messages(name: string): HandshakeFragment[] {
  const file = new URL(`../vectors/${name}.pcap`, import.meta.url);
  const cursor = new RecordCursor(6);
  return readPcap(new Uint8Array(readFileSync(file))).flatMap(({ payload }) => {
    const fragments: HandshakeFragment[] = [];
    cursor.start(payload);
    while (cursor.next()) {
      if (cursor.type !== ContentType.handshake || cursor.epoch !== 0) continue;
      const start = cursor.fragmentOffset;
      const reader = new Reader(payload, start, start + cursor.fragmentLength);
      fragments.push(decodeHandshakeFragment(reader));
    }
    return fragments;
  });
}

const codecs: Readonly<Record<number, (body: Uint8Array) => Uint8Array>> = {
  1: (body) => encodeClientHello(decodeClientHello(body)),
  2: (body) => encodeServerHello(decodeServerHello(body)),
  3: (body) => encodeHelloVerifyRequest(decodeHelloVerifyRequest(body)),
  14: (body) => body,
  16: (body) => encodePskClientKeyExchange(decodePskClientKeyExchange(body)),
};

describe.each(["psk-ccm8-cid", "psk-ccm8-cid-both", "psk-gcm-cid"])("%s", (name) => {
  test("every message decodes and encodes to the same bytes", () => {
    const all = messages(name);
    expect(all.map(({ type }) => type)).toEqual([1, 3, 1, 2, 14, 16]);
    for (const { type, messageSequence, body, length, offset } of all) {
      expect([offset, body.length]).toEqual([0, length]);
      const again = codecs[type]?.(body) ?? new Uint8Array();
      expect(again).toEqual(body);
      const whole = encodeHandshakeMessage({ type, messageSequence, body: again });
      expect(decodeHandshakeFragment(new Reader(whole))).toEqual({
        type,
        messageSequence,
        body,
        length,
        offset: 0,
      });
    }
  });
});

test("the hellos of the capture say what was negotiated", () => {
  const [hello, , second, answer] = messages("psk-ccm8-cid");
  if (hello === undefined || second === undefined || answer === undefined) throw new Error("short");
  const [first, repeated] = [decodeClientHello(hello.body), decodeClientHello(second.body)];
  expect({ ...repeated, cookie: first.cookie }).toEqual(first);
  expect(repeated.cookie).toHaveLength(32);
  const offered = findExtension(first.extensions, 54);
  expect(offered && decodeConnectionId(offered)).toHaveLength(0);
  const chosen = decodeServerHello(answer.body);
  expect(chosen.cipherSuite).toBe(0xc0a8);
  const cid = findExtension(chosen.extensions, 54);
  expect(cid && decodeConnectionId(cid)).toHaveLength(6);
});
