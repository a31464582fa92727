import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpenedRecord } from "../../src/protection/index.ts";
import { RecordCursor } from "../../src/record/index.ts";
import { ccm8, cursorOn, iv, keyOf, openerFor, sealed, sealerFor } from "./protection-fixture.ts";

/** Seals an arbitrary inner plaintext under a Connection ID, as only a broken or malicious peer would. */
function sealInner(inner: Uint8Array, connectionId: Uint8Array, sequence: number): Uint8Array {
  const head = [25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, sequence, ...connectionId];
  const length = 8 + inner.length + 8;
  const nonce = Uint8Array.of(...iv, 0, 1, 0, 0, 0, 0, 0, sequence);
  const aad = Uint8Array.of(
    ...new Uint8Array(8).fill(0xff),
    ...[25, connectionId.length, 25],
    ...head.slice(1, 11),
    ...connectionId,
    inner.length >>> 8,
    inner.length & 0xff,
  );
  const body = new Uint8Array(inner.length + 8);
  keyOf(ccm8).seal(nonce, aad, inner, 0, inner.length, body, 0);
  return Uint8Array.of(...head, length >>> 8, length & 0xff, ...nonce.subarray(4), ...body);
}

describe("opener", () => {
  const connectionId = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const into = new OpenedRecord();

  it("opens a record once, in any order within the window", () => {
    const sealer = sealerFor({ connectionId });
    const opener = openerFor({ connectionId });
    const datagrams = Array.from({ length: 70 }, (_, i) => sealed(sealer, Uint8Array.of(i)));
    const outcome = (i: number) =>
      opener.open(cursorOn(datagrams[i] ?? new Uint8Array(0), 6), into);
    expect(outcome(2)).toBe("opened");
    expect(into.isNewest).toBe(true);
    expect(outcome(0)).toBe("opened");
    expect(into.isNewest).toBe(false);
    expect(outcome(0)).toBe("replayed");
    expect(outcome(69)).toBe("opened");
    expect(outcome(5)).toBe("replayed");
    expect(outcome(6)).toBe("opened");
  });

  it("lets no forged record move the window, and counts it", () => {
    const datagram = sealed(sealerFor({ connectionId, nextSequence: 500 }), new Uint8Array(20));
    const opener = openerFor({ connectionId });
    let forgeries = 0;
    for (let at = 19; at < datagram.length; at++) {
      const forged = datagram.slice();
      forged[at] = (forged[at] ?? 0) ^ 0x40;
      expect(opener.open(cursorOn(forged, 6), into)).toBe("not-authentic");
      expect(opener.forgeries).toBe(++forgeries);
      expect(opener.window.newest).toBe(-1);
    }
    expect(opener.open(cursorOn(datagram, 6), into)).toBe("opened");
  });

  it("authenticates every byte of the header", () => {
    const datagram = sealed(sealerFor({ connectionId }), new Uint8Array(20));
    for (let bit = 0; bit < 19 * 8; bit++) {
      const forged = datagram.slice();
      forged[bit >>> 3] = (forged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const cursor = new RecordCursor(6);
      cursor.start(forged);
      if (cursor.next()) {
        expect(openerFor({ connectionId }).open(cursor, into)).not.toBe("opened");
      }
    }
  });

  it("takes the explicit nonce as it was received", () => {
    // RFC 6655 section 3 leaves the choice of the explicit nonce to the sender.
    const content = Uint8Array.of(1, 2, 3);
    const explicit = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
    const nonce = Uint8Array.of(...iv, ...explicit);
    const aad = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 4, 23, 0xfe, 0xfd, 0, 3);
    const body = new Uint8Array(3 + 8);
    keyOf(ccm8).seal(nonce, aad, content, 0, 3, body, 0);
    const datagram = Uint8Array.of(
      ...[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 4, 0, 19],
      ...explicit,
      ...body,
    );
    expect(openerFor().open(cursorOn(datagram), into)).toBe("opened");
    expect(into.content).toEqual(content);
  });

  it("refuses a protected record without the Connection ID that was agreed on (RFC 9146 section 3)", () => {
    const datagram = sealed(sealerFor(), new Uint8Array(5));
    const opener = openerFor({ connectionId });
    expect(opener.open(cursorOn(datagram, 6), into)).toBe("connection-id-missing");
    expect(opener.forgeries).toBe(0);
  });

  it("refuses other Connection IDs, and any where none was agreed on", () => {
    const other = sealed(
      sealerFor({ connectionId: Uint8Array.of(1, 2, 3, 4, 5, 7) }),
      new Uint8Array(5),
    );
    expect(openerFor({ connectionId }).open(cursorOn(other, 6), into)).toBe(
      "unknown-connection-id",
    );
    expect(openerFor().open(cursorOn(other, 6), into)).toBe("unknown-connection-id");
    expect(openerFor({ connectionId }).open(cursorOn(other, 5), into)).not.toBe("opened");
  });

  it("refuses other epochs without any cryptography", () => {
    const datagram = sealed(sealerFor(), new Uint8Array(5));
    datagram[4] = 2;
    const opener = openerFor();
    expect(opener.open(cursorOn(datagram), into)).toBe("wrong-epoch");
    expect(opener.forgeries).toBe(0);
  });

  it("refuses an inner plaintext of zeros and one whose type is tls12_cid, and strips padding", () => {
    const opener = openerFor({ connectionId });
    const outcome = (inner: number[], sequence: number) =>
      opener.open(cursorOn(sealInner(Uint8Array.from(inner), connectionId, sequence), 6), into);
    expect(outcome([0, 0, 0, 0], 1)).toBe("malformed");
    expect(outcome([], 2)).toBe("malformed");
    expect(outcome([1, 2, 25], 3)).toBe("malformed");
    expect(outcome([1, 0, 2, 0, 23, 0, 0, 0], 4)).toBe("opened");
    expect([into.type, [...into.content]]).toEqual([23, [1, 0, 2, 0]]);
    expect(outcome([21], 5)).toBe("opened");
    expect([into.type, into.length]).toEqual([21, 0]);
  });

  it("refuses a fragment that is too short for nonce and tag", () => {
    for (let length = 0; length < 16; length++) {
      const datagram = Uint8Array.of(
        ...[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 4, 0, length],
        ...new Uint8Array(length),
      );
      expect(openerFor().open(cursorOn(datagram), into)).toBe("malformed");
    }
  });

  it("opens up to 2^14 bytes and no more (RFC 5246 section 6.2.1)", () => {
    for (const id of [undefined, connectionId]) {
      const options = id ? { connectionId: id } : {};
      const longest = sealed(sealerFor(options), new Uint8Array(2 ** 14));
      expect(openerFor(options).open(cursorOn(longest, 6), into)).toBe("opened");
      expect(into.length).toBe(2 ** 14);
    }
    const tooLong = new Uint8Array(2 ** 14 + 2).fill(23);
    const wrapped = sealInner(tooLong, connectionId, 1);
    expect(openerFor({ connectionId }).open(cursorOn(wrapped, 6), into)).toBe("malformed");

    const nonce = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 1);
    const body = new Uint8Array(tooLong.length + 8);
    const aad = Uint8Array.of(...nonce, 23, 0xfe, 0xfd, 0x40, 2);
    const { length } = tooLong;
    keyOf(ccm8).seal(Uint8Array.of(...iv, ...nonce), aad, tooLong, 0, length, body, 0);
    const plain = Uint8Array.of(23, 0xfe, 0xfd, ...nonce, 0x40, 18, ...nonce, ...body);
    const opener = openerFor();
    expect(opener.open(cursorOn(plain), into)).toBe("malformed");
    expect(opener.forgeries).toBe(0);
  });

  it("refuses everything once the limit of forgeries is reached", () => {
    const good = sealed(sealerFor(), new Uint8Array(5));
    const forged = good.slice();
    forged[20] = (forged[20] ?? 0) ^ 1;
    const opener = openerFor({ forgeries: ccm8.forgeryLimit - 1 });
    expect(opener.isForgeryLimitReached).toBe(false);
    expect(opener.open(cursorOn(forged), into)).toBe("not-authentic");
    expect(opener.isForgeryLimitReached).toBe(true);
    expect(opener.open(cursorOn(good), into)).toBe("forgery-limit");
  });

  it("never throws, whatever a datagram holds", () => {
    const opener = openerFor({ connectionId });
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .uint8Array({ maxLength: 80 })
        .map((tail) =>
          Uint8Array.of(
            25,
            0xfe,
            0xfd,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            9,
            ...connectionId,
            0,
            tail.length,
            ...tail,
          ),
        ),
    );
    const cursor = new RecordCursor(6);
    fc.assert(
      fc.property(noise, (datagram) => {
        cursor.start(datagram);
        while (cursor.next()) {
          expect(opener.open(cursor, into)).not.toBe("opened");
        }
      }),
      { numRuns: 500 },
    );
  });
});
