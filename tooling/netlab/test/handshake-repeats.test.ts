import { describe, expect, it } from "vitest";
import { HandshakeRepeats } from "../src/tap/handshake-repeats.ts";

const CLIENT_HELLO = 1;
const CLIENT_KEY_EXCHANGE = 16;

/** A datagram with one handshake message in the clear. */
function message(type: number, number: number, record: number, epoch = 0): Uint8Array {
  const fragment = [type, 0, 0, 2, 0, number, 0, 0, 0, 0, 0, 2, 1, 2];
  const sequence = [0, 0, 0, 0, 0, record];
  return Uint8Array.from([22, 254, 253, 0, epoch, ...sequence, 0, fragment.length, ...fragment]);
}

function count(...datagrams: readonly (readonly [Uint8Array, boolean])[]): number {
  const repeats = new HandshakeRepeats(6);
  for (const [datagram, isToServer] of datagrams) repeats.observe(datagram, "a:1", isToServer);
  return repeats.count;
}

describe("HandshakeRepeats", () => {
  it("takes two hellos, with and without cookie, and both directions for different messages", () => {
    const hellos = [message(CLIENT_HELLO, 0, 0), message(CLIENT_HELLO, 1, 1)] as const;
    expect(count([hellos[0], true], [message(3, 0, 0), false], [hellos[1], true])).toBe(0);
  });

  it("counts a message in another record", () => {
    const first = message(CLIENT_KEY_EXCHANGE, 2, 2);
    expect(count([first, true], [message(CLIENT_KEY_EXCHANGE, 2, 5), true])).toBe(1);
    expect(count([message(CLIENT_HELLO, 0, 0), true], [message(CLIENT_HELLO, 0, 1), true])).toBe(1);
  });

  it("does not count what the network doubled", () => {
    const first = message(CLIENT_KEY_EXCHANGE, 2, 2);
    expect(count([first, true], [first, true])).toBe(0);
  });

  it("begins anew with a new handshake from the same address", () => {
    const run = [message(CLIENT_HELLO, 0, 0), message(CLIENT_KEY_EXCHANGE, 2, 2)] as const;
    const again = [message(CLIENT_HELLO, 0, 0), message(CLIENT_KEY_EXCHANGE, 2, 3)] as const;
    expect(count([run[0], true], [run[1], true], [again[0], true], [again[1], true])).toBe(0);
  });

  it("leaves sealed messages alone", () => {
    expect(count([message(20, 3, 0, 1), true], [message(20, 3, 1, 1), true])).toBe(0);
  });
});
