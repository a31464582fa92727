import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StagedImport, StateError, StateReader, StateWriter, writeState } from "../src/index.ts";
import { join, sampleCoap, sampleConnection, sha256 } from "./support/sample-states.ts";

const header = { nodeId: 7, generation: 3, createdAt: 1_795_000_000_000 };

function stream(count: number, frameBytes: number): Uint8Array {
  const connections = Array.from({ length: count }, (_, i) => ({
    state: sampleConnection(i),
    coap: sampleCoap(),
  }));
  return join(writeState({ header, sha256, frameBytes }, { connections }));
}

/** What an import of a whole stream gives: an error, or the connections of the commit. */
function importAll(bytes: Uint8Array): StateError | number {
  const reader = new StateReader({ sha256 });
  const stage = new StagedImport();
  try {
    for (const item of reader.push(bytes)) stage.accept(item);
    reader.finish();
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
  return [...stage.commit().connections].length;
}

describe("a damaged stream", () => {
  it("imports nothing when any single bit is flipped", () => {
    const bytes = stream(3, 400);
    expect(importAll(bytes)).toBe(3);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = importAll(damaged);
      // Readers do not care about the minor version, but the digest covers it.
      expect(outcome, `bit ${bit}`).toBeInstanceOf(StateError);
    }
  });

  it("imports nothing when it ends early, and says where", () => {
    const bytes = stream(3, 400);
    for (let length = 0; length < bytes.length; length += 1) {
      const outcome = importAll(bytes.subarray(0, length));
      expect(outcome).toMatchObject({ code: "STATE_TRUNCATED" });
      expect((outcome as StateError).position?.offset).toBeLessThanOrEqual(length);
    }
  });

  it("imports nothing when bytes are added, removed, repeated or swapped", () => {
    const bytes = stream(4, 300);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), fc.nat(2), (a, b, how) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const part = bytes.subarray(from, to);
        const [head, tail] = [bytes.subarray(0, from), bytes.subarray(to)];
        if (part.length === 0) return;
        const damaged =
          how === 0
            ? join([head, tail])
            : how === 1
              ? join([head, part, part, tail])
              : join([part, head, tail]);
        if (Buffer.compare(damaged, bytes) === 0) return;
        expect(importAll(damaged)).toBeInstanceOf(StateError);
      }),
      { numRuns: 500 },
    );
  });

  it("imports nothing when the beginning of a frame follows its end", () => {
    const bytes = stream(1, 300);
    for (let length = 1; length < 30; length += 1) {
      const longer = join([bytes, bytes.subarray(22, 22 + length)]);
      expect(importAll(longer)).toMatchObject({ code: "STATE_CORRUPT" });
    }
  });

  it("never fails with anything but a StateError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, withPrefix) => {
        const bytes = withPrefix ? join([stream(0, 300).subarray(0, 22), noise]) : noise;
        expect(importAll(bytes)).toBeInstanceOf(StateError);
      }),
    );
  });

  it("says frame, byte and item of the break, and says it again", () => {
    const bytes = stream(10, 300);
    const reader = new StateReader({ sha256 });
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    const push = (): unknown => reader.push(bytes);
    expect(push).toThrow(
      /^the checksum of frame \d+ does not match \(at byte \d+, after \d+ items\)$/,
    );
    expect(push).toThrow(expect.objectContaining({ code: "STATE_CORRUPT" }));
    expect(() => reader.finish()).toThrow(expect.objectContaining({ code: "STATE_CORRUPT" }));
    expect(reader.isComplete).toBe(false);
  });

  it("is complete once the end mark was read, also when the rest is lost", () => {
    const writer = new StateWriter({ header, sha256 });
    writer.connection(sampleConnection());
    writer.end();
    writer.late(sampleConnection(2));
    const chunks: Uint8Array[] = [];
    for (let c = writer.takeChunk(); c !== undefined; c = writer.takeChunk()) chunks.push(c);
    const reader = new StateReader({ sha256 });
    for (const chunk of chunks.slice(0, 2)) reader.push(chunk);
    expect(reader.isComplete).toBe(true);
    reader.push(chunks[2]?.subarray(0, 50) ?? new Uint8Array());
    expect(() => reader.finish()).toThrow("the stream ends without its close mark");
  });
});
