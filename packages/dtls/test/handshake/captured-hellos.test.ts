import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Reader } from "../../src/codec/reader.ts";
import { signatureSchemeById } from "../../src/crypto/signature-schemes.ts";
import { decodeConnectionId } from "../../src/handshake/extensions/connection-id.ts";
import { findExtension } from "../../src/handshake/extensions/extension.ts";
import {
  decodeHandshakeFragment,
  encodeHandshakeMessage,
  type HandshakeFragment,
} from "../../src/handshake/handshake-header.ts";
import { decodeCertificate, encodeCertificate } from "../../src/handshake/messages/certificate.ts";
import {
  decodeCertificateRequest,
  encodeCertificateRequest,
} from "../../src/handshake/messages/certificate-request.ts";
import {
  decodeCertificateVerify,
  encodeCertificateVerify,
} from "../../src/handshake/messages/certificate-verify.ts";
import { decodeClientHello, encodeClientHello } from "../../src/handshake/messages/client-hello.ts";
import {
  decodeClientKeyExchange,
  encodeClientKeyExchange,
} from "../../src/handshake/messages/client-key-exchange.ts";
import {
  decodeHelloVerifyRequest,
  encodeHelloVerifyRequest,
} from "../../src/handshake/messages/hello-verify-request.ts";
import { decodeServerHello, encodeServerHello } from "../../src/handshake/messages/server-hello.ts";
import {
  decodeSignedServerKeyExchange,
  encodeEcdhParameters,
  encodeSignedServerKeyExchange,
} from "../../src/handshake/messages/server-key-exchange.ts";
import { signedParameters } from "../../src/handshake/session.ts";
import { Transcript } from "../../src/handshake/transcript.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";
import { crypto } from "../peer.ts";
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
  11: (body) => encodeCertificate(decodeCertificate(body, "x509", 10), "x509"),
  12: (body) => {
    const { parameters, signed } = decodeSignedServerKeyExchange(body);
    return encodeSignedServerKeyExchange(encodeEcdhParameters(parameters), signed);
  },
  13: (body) => {
    // The list of certificate types is not kept: put the captured one in front.
    const ours = encodeCertificateRequest(decodeCertificateRequest(body));
    const skip = (bytes: Uint8Array) => 1 + (bytes[0] ?? 0);
    return Uint8Array.of(...body.slice(0, skip(body)), ...ours.slice(skip(ours)));
  },
  14: (body) => body,
  15: (body) => encodeCertificateVerify(decodeCertificateVerify(body)),
  16: (body) => {
    const form = body.length === 66 ? "ecdhe-ecdsa" : "psk";
    return encodeClientKeyExchange(decodeClientKeyExchange(body, form), form);
  },
};

const pskFlights = [1, 3, 1, 2, 14, 16];

describe.each([
  ["psk-ccm8-cid", pskFlights],
  ["psk-ccm8-cid-both", pskFlights],
  ["psk-gcm-cid", pskFlights],
  ["x509-ccm8-cid", [1, 3, 1, 2, 11, 12, 13, 14, 11, 16, 15]],
])("%s", (name, types) => {
  test("every message decodes and encodes to the same bytes", () => {
    const all = messages(name);
    expect(all.map(({ type }) => type)).toEqual(types);
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

test("both signatures of the capture with certificates are right, and of nothing else", () => {
  const all = messages("x509-ccm8-cid");
  const [, , hello, answer, serverChain, keyExchange, , , clientChain, , verify] = all;
  const parts = [hello, answer, serverChain, keyExchange, clientChain, verify];
  const bodies = parts.map((part) => part?.body ?? new Uint8Array());
  const [clientHello, serverHello, serverCertificate, exchange, clientCertificate, proof] =
    bodies as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const keyOf = (body: Uint8Array) => {
    const [own] = decodeCertificate(body, "x509", 10);
    return own && crypto.publicKey("x509", own);
  };
  const schemeOf = (id: number) => signatureSchemeById(id)?.name ?? "ed25519";

  const { parameters, signed } = decodeSignedServerKeyExchange(exchange);
  const { random: clientRandom } = decodeClientHello(clientHello);
  const { random: serverRandom } = decodeServerHello(serverHello);
  const data = signedParameters({ clientRandom, serverRandom }, encodeEcdhParameters(parameters));
  const serverKey = keyOf(serverCertificate);
  expect(serverKey?.verify(schemeOf(signed.scheme), data, signed.signature)).toBe(true);
  expect(serverKey?.verify(schemeOf(signed.scheme), data.slice(1), signed.signature)).toBe(false);

  const transcript = new Transcript();
  for (const message of all.slice(2, -1)) transcript.add(message);
  const { scheme, signature } = decodeCertificateVerify(proof);
  const clientKey = keyOf(clientCertificate);
  expect(clientKey?.verify(schemeOf(scheme), transcript.bytes(), signature)).toBe(true);
  expect(serverKey?.verify(schemeOf(scheme), transcript.bytes(), signature)).toBe(false);
});
