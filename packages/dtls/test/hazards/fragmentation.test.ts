import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Reader } from "../../src/codec/reader.ts";
import { decodeHandshakeFragment } from "../../src/handshake/handshake-header.ts";
import { Reassembler } from "../../src/handshake/reassembler.ts";
import { createPair, type Pair, psk, utf8 } from "../peer.ts";

const longIdentity = utf8("i".repeat(128));

/** Replaces the server's flight of two messages by fragments of `size` bytes in their own datagrams. */
function fragmentServerFlight({ world, server, client }: Pair, size: number): void {
  let sequence = 100;
  world.network.addFilter((datagram, from) => {
    const isFlight = from.address === "10.0.0.1" && datagram[0] === 22 && datagram[13] === 2;
    if (!isFlight || datagram.length < 60) return "pass";
    const messageEnd = 13 + ((datagram[11] ?? 0) << 8) + (datagram[12] ?? 0);
    const body = datagram.slice(25, messageEnd);
    const fragments: Uint8Array[] = [];
    for (let at = 0; at < body.length; at += size) {
      const part = body.slice(at, at + size);
      const fragment = new Uint8Array(25 + part.length);
      fragment.set(datagram.subarray(0, 25));
      fragment[10] = sequence++;
      fragment[12] = 12 + part.length;
      fragment[21] = at;
      fragment[24] = part.length;
      fragment.set(part, 25);
      fragments.push(fragment);
    }
    // The end first, the ServerHelloDone before everything, one piece twice.
    client.receive(datagram.slice(messageEnd), server.socket.address);
    for (const fragment of [...fragments.reverse(), ...fragments.slice(0, 1)]) {
      client.receive(fragment, server.socket.address);
    }
    return "drop";
  });
}

test.each([1, 7, 16, 30])("a server's flight in pieces of %i bytes, last one first", (size) => {
  const pair = createPair();
  fragmentServerFlight(pair, size);
  const connection = pair.client.connect(pair.server, { pskIdentity: longIdentity, psk });
  pair.world.runUntil(() => connection.phase === "connected", 900);
  expect(pair.server.connected()[0]?.pskIdentity).toEqual(longIdentity);
});

test("a fragmented ClientHello is dropped: it would need state before its cookie", () => {
  const { client, server, world } = createPair();
  world.network.addFilter(() => "drop");
  client.connect(server);
  const hello = client.sent[0]?.datagram ?? new Uint8Array();
  const half = hello.slice(0, 60);
  half[12] = 60 - 13;
  half[24] = 60 - 25;
  expect(server.receive(half, client.socket.address)).toBe("unexpected");
  expect(server.sent).toHaveLength(0);
});

test("messages come out complete and in order, whatever the pieces and their order", () => {
  const message = fc.uint8Array({ minLength: 0, maxLength: 60 });
  const cut = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(message, cut), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 1000 }),
      (messages, shuffle) => {
        const reassembler = new Reassembler(3, 16_384, 32_768);
        const fragments = messages.flatMap(([body, cuts], index) => {
          const extra = cuts.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
          const half = body.length >> 1;
          return [...extra, [0, half] as const, [half, body.length] as const]
            .filter(([, end]) => end <= body.length)
            .map(([start, end]) => ({
              type: 11 + index,
              length: body.length,
              messageSequence: 3 + index,
              offset: start,
              body: body.subarray(start, end),
            }));
        });
        fragments.sort((a, b) => order(a, shuffle) - order(b, shuffle));
        const taken: [number, Uint8Array][] = [];
        for (const fragment of fragments) {
          reassembler.accept(fragment);
          for (let next = reassembler.next(); next !== undefined; next = reassembler.next()) {
            taken.push([next.type, next.body]);
          }
        }
        expect(taken).toEqual(messages.map(([body], index) => [11 + index, body]));
      },
    ),
  );
});

function order(fragment: { messageSequence: number; offset: number }, shuffle: number): number {
  return ((fragment.messageSequence * 7919 + fragment.offset * 104_729) * (shuffle + 1)) % 1009;
}

test("fragments that disagree, are too long or too far ahead are refused", () => {
  const reassembler = new Reassembler(0, 100, 150);
  const fragment = { type: 2, length: 80, messageSequence: 0, offset: 0, body: new Uint8Array(10) };
  expect(reassembler.accept(fragment)).toBe("taken");
  expect(reassembler.accept({ ...fragment, type: 11 })).toBe("refused");
  expect(reassembler.accept({ ...fragment, length: 81 })).toBe("refused");
  expect(reassembler.accept({ ...fragment, messageSequence: 1, length: 101 })).toBe("refused");
  expect(reassembler.accept({ ...fragment, messageSequence: 1, length: 71 })).toBe("refused");
  expect(reassembler.accept({ ...fragment, messageSequence: 1, length: 70 })).toBe("taken");
  expect(reassembler.accept({ ...fragment, messageSequence: 8, length: 0 })).toBe("refused");
});

test("a whole message is taken although forged pieces of another length came first", () => {
  const reassembler = new Reassembler(0, 16_384, 32_768);
  const forged = { type: 2, length: 9000, messageSequence: 0, offset: 5, body: new Uint8Array(1) };
  reassembler.accept(forged);
  const body = Uint8Array.of(1, 2, 3);
  const whole = { type: 2, length: 3, messageSequence: 0, offset: 0, body };
  expect(reassembler.accept(whole)).toBe("taken");
  expect(reassembler.next()?.body).toEqual(body);
});

test("a fragment that reaches behind its message does not parse", () => {
  const bytes = Uint8Array.of(2, 0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 3, 1, 2, 3);
  expect(() => decodeHandshakeFragment(new Reader(bytes))).toThrow("behind its message");
});
