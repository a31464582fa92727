import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StateItem } from "../src/index.ts";
import { restoreStateFile, saveStateFile, seal, unseal } from "../src/node/index.ts";
import { sampleCoap, sampleConnection } from "./support/sample-states.ts";

const header = { nodeId: 7, generation: 3, createdAt: 1_795_000_000_000 };
const node = {
  nodeId: 7,
  generation: 4,
  cookieSecret: new Uint8Array(32).fill(9),
  wallTime: 1_795_000_000_000,
};
const password = "correct horse";
const scryptCost = { N: 1024, r: 8, p: 1 };

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(joinPath(tmpdir(), "dtls-state-"));
  file = joinPath(directory, "node.state");
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function contents(count: number) {
  const connections = Array.from({ length: count }, (_, i) => ({
    state: sampleConnection(i),
    coap: sampleCoap(),
  }));
  return { node, connections };
}

async function all(items: AsyncIterable<StateItem>): Promise<StateItem[]> {
  const list: StateItem[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("a state file", () => {
  for (const secret of [undefined, password]) {
    const how = secret === undefined ? "plain" : "encrypted";
    const options = secret === undefined ? {} : { password: secret };

    it(`comes back, ${how}, and is consumed before the first item and gone after the last`, async () => {
      const summary = await saveStateFile(file, contents(900), { header, scryptCost, ...options });
      expect(summary).toMatchObject({ connections: 900 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(directory)).toEqual(["node.state"]);
      const hasSecrets = readFileSync(file).includes(Buffer.from(sampleConnection(5).masterSecret));
      expect(hasSecrets).toBe(secret === undefined);

      const restored = await restoreStateFile(file, { ...options, wallTime: header.createdAt + 5 });
      expect(readdirSync(directory)).toEqual(["node.state.consumed"]);
      expect(restored).toMatchObject({ header, node, summary });
      const items = await all(restored.items);
      expect(items.filter((item) => item.kind === "connection")).toHaveLength(900);
      const last = sampleConnection(899);
      expect(items.at(-3)).toMatchObject({ state: { ...last, idleMs: last.idleMs + 5 } });
      expect(readdirSync(directory)).toEqual([]);
    });

    it(`is refused and stays as it is when it is damaged or cut, ${how}`, async () => {
      await saveStateFile(file, contents(3), { header, scryptCost, ...options });
      const bytes = readFileSync(file);
      for (let at = 0; at < bytes.length; at += at < 150 ? 1 : 41) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 0x10;
        writeFileSync(file, damaged);
        await expect(restoreStateFile(file, options), `byte ${at}`).rejects.toMatchObject({
          name: "StateError",
          message: expect.stringContaining(file),
        });
        writeFileSync(file, bytes.subarray(0, at));
        await expect(restoreStateFile(file, options)).rejects.toMatchObject({ name: "StateError" });
        expect(readdirSync(directory)).toEqual(["node.state"]);
      }
    });
  }

  it("is given to one of two that restore at the same time", async () => {
    await saveStateFile(file, contents(50), { header });
    const attempts = await Promise.allSettled([restoreStateFile(file), restoreStateFile(file)]);
    const winners = attempts.filter((attempt) => attempt.status === "fulfilled");
    expect(winners).toHaveLength(1);
    for (const winner of winners) await all(winner.value.items);
    await expect(restoreStateFile(file)).rejects.toMatchObject({ code: "STATE_FILE_MISSING" });
  });

  it("replaces an older one only when the new one is complete", async () => {
    await saveStateFile(file, contents(1), { header });
    const before = readFileSync(file);
    const broken = {
      connections: (function* () {
        yield { state: sampleConnection(1) };
        throw new Error("power cut");
      })(),
    };
    await expect(saveStateFile(file, broken, { header })).rejects.toMatchObject({
      code: "STATE_FILE",
    });
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(directory)).toEqual(["node.state"]);
  });

  it("leaves stale connections out", async () => {
    const summary = await saveStateFile(file, contents(3), { header, staleMs: 1000 });
    expect(summary).toMatchObject({ connections: 0, skipped: 3 });
  });

  it("answers each mistake of an operator with one line", async () => {
    const fails = async (promise: Promise<unknown>, code: string, text: string): Promise<void> => {
      const error: unknown = await promise.catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: "StateError", code });
      expect((error as Error).message).toContain(text);
      expect((error as Error).message).not.toContain("\n");
      expect((error as Error).message).not.toContain(password);
    };
    await fails(restoreStateFile(file), "STATE_FILE_MISSING", "there is no such file");
    await fails(
      saveStateFile(joinPath(directory, "no", "x"), contents(0), { header }),
      "STATE_FILE_MISSING",
      "cannot save the state to",
    );
    mkdirSync(joinPath(directory, "folder"));
    await fails(restoreStateFile(joinPath(directory, "folder")), "STATE_FILE", "it is a directory");

    await saveStateFile(file, contents(1), { header, password, scryptCost });
    await fails(restoreStateFile(file), "STATE_PASSWORD", "it is encrypted: give its password");
    await fails(restoreStateFile(file, { password: "" }), "STATE_PASSWORD", "password is empty");
    const unprotected = saveStateFile(file, contents(1), { header, password: "" });
    await fails(unprotected, "STATE_PASSWORD", "password is empty");
    await fails(restoreStateFile(file, { password: "wrong" }), "STATE_PASSWORD", "wrong password");
    await saveStateFile(file, contents(1), { header });
    await fails(restoreStateFile(file, { password }), "STATE_PASSWORD", "it is not encrypted");
    writeFileSync(file, "");
    await fails(restoreStateFile(file), "STATE_TRUNCATED", "ends without its end mark");
    writeFileSync(file, "once upon a time there was a file");
    await fails(restoreStateFile(file), "STATE_FORMAT", "not a state stream");
    expect(existsSync(file)).toBe(true);
    if (process.getuid?.() === 0) {
      console.log("unreadable file: not tested, because root may read every file");
      return;
    }
    chmodSync(file, 0);
    await fails(restoreStateFile(file), "STATE_FILE", "permission denied");
  });
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

describe("encryption", () => {
  const sealed = (plain: Uint8Array): Promise<Buffer> =>
    collect(seal([plain], password, scryptCost));
  const open = (bytes: Uint8Array, step = bytes.length): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += step) parts.push(bytes.subarray(at, at + step));
    return collect(unseal(parts, password));
  };

  it("gives back any length, in any chunking", async () => {
    for (const length of [0, 1, 65_535, 65_536, 65_537, 131_072, 150_000]) {
      const plain = Buffer.alloc(length, "abc");
      const bytes = await sealed(plain);
      expect(Buffer.compare(await open(bytes), plain)).toBe(0);
      expect(Buffer.compare(await open(bytes, 977), plain)).toBe(0);
    }
  });

  it("notices chunks that are swapped, dropped, repeated or cut off at a border", async () => {
    const bytes = await sealed(Buffer.alloc(3 * 65_536, 7));
    const start = 1 + (bytes[0] ?? 0) + 32;
    const size = 4 + 65_536 + 16;
    const [first, second, third] = [0, 1, 2].map((i) =>
      bytes.subarray(start + i * size, start + (i + 1) * size),
    ) as [Buffer, Buffer, Buffer];
    const head = bytes.subarray(0, start);
    const cases: readonly (readonly [Buffer[], string])[] = [
      [[head, second, first, third], "STATE_CORRUPT"],
      [[head, first, third], "STATE_CORRUPT"],
      [[head, first, first, second, third], "STATE_CORRUPT"],
      [[head, first, second], "STATE_TRUNCATED"],
      [[head, first, second, third, third], "STATE_CORRUPT"],
      [[head], "STATE_TRUNCATED"],
    ];
    for (const [parts, code] of cases) {
      await expect(open(Buffer.concat(parts))).rejects.toMatchObject({ code });
    }
  });

  it("never fails with anything but a StateError, whatever the bytes", async () => {
    const bytes = await sealed(Buffer.alloc(10));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.nat(60), async (noise, kept) => {
        const forged = Buffer.concat([bytes.subarray(0, kept), noise]);
        await expect(open(forged)).rejects.toMatchObject({ name: "StateError" });
      }),
      { numRuns: 200 },
    );
  });

  it("refuses a newer version and a costly key derivation before it derives a key", async () => {
    const bytes = await sealed(Buffer.alloc(10));
    const versionAt = bytes.indexOf("dtls-cluster-sealed") + 19;
    const newer = Buffer.from(bytes);
    newer[versionAt] = 2;
    await expect(open(newer)).rejects.toMatchObject({
      code: "STATE_VERSION",
      message: expect.stringContaining("version 2, this program reads version 1"),
    });
    const costly = Buffer.from(bytes);
    costly.writeUInt16BE(0xffff, versionAt + 2);
    costly[versionAt + 4] = 64;
    await expect(open(costly)).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  });
});
