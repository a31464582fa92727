import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCaliforniumState } from "@dtls-cluster/state/californium";
import {
  type CaliforniumCipher,
  restoreCaliforniumFile,
  saveCaliforniumFile,
  sealCaliforniumState,
  unsealCaliforniumState,
} from "@dtls-cluster/state/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainVector, sampleConnection, savedAt, streamOf, utf8, vector } from "./samples.ts";

const password = "topSecretPassword";
const plain = streamOf([sampleConnection]);
const wallTime = Number(savedAt.millis);
const passwordError = { name: "CaliforniumStateError", code: "CALIFORNIUM_PASSWORD" };

describe("the content of a file", () => {
  it("of Californium opens with its password, as text or bytes", () => {
    const sealed = vector("cf-state-aesgcm.bin");
    const content = unsealCaliforniumState(sealed, password);
    expect(readCaliforniumState(content, { wallTime }).connections).toHaveLength(5);
    expect(unsealCaliforniumState(sealed, utf8(password))).toEqual(content);
    expect(unsealCaliforniumState(vector("cf-state-plain.bin"))).toEqual(plainVector());
  });

  it.each<[CaliforniumCipher, number]>([
    ["aes-128-gcm", 0x0301],
    ["aes-256-gcm", 0x0302],
    ["aes-128-cbc", 0x0201],
    ["aes-256-cbc", 0x0202],
    ["aria-128-gcm", 0x0401],
    ["aria-256-gcm", 0x0402],
  ])("sealed with %s opens with its password alone", (cipher, id) => {
    const sealed = sealCaliforniumState(plain, password, cipher);
    expect([...sealed.subarray(0, 3)]).toEqual([id >> 8, id & 0xff, 16]);
    expect(new Uint8Array(unsealCaliforniumState(sealed, password))).toEqual(plain);
    for (const wrong of ["topSecretPasswore", "x"]) {
      expect(() => unsealCaliforniumState(sealed, wrong)).toThrow(
        expect.objectContaining(passwordError),
      );
    }
    expect(() => unsealCaliforniumState(sealed)).toThrow("it is encrypted: give its password");
    expect(() => unsealCaliforniumState(sealed, "")).toThrow("the password is empty");
  });

  it("is sealed with AES-128-GCM and a new seed each time", () => {
    const [one, two] = [sealCaliforniumState(plain, "a"), sealCaliforniumState(plain, "a")];
    expect([...one.subarray(0, 3)]).toEqual([0x03, 0x01, 0x10]);
    expect(one.subarray(3, 19)).not.toEqual(two.subarray(3, 19));
    expect(one).toHaveLength(3 + 16 + plain.length + 16);
  });

  it("of older versions begins with the seed", () => {
    const sealed = sealCaliforniumState(plain, password, "aes-128-cbc").subarray(2);
    expect(sealed[0]).toBe(0x10);
    expect(new Uint8Array(unsealCaliforniumState(sealed, password))).toEqual(plain);
  });

  it("sealed with GCM is refused with any bit changed, and at any length", () => {
    const sealed = sealCaliforniumState(plain, password);
    for (let at = 0; at < sealed.length; at += 1) {
      const bytes = Uint8Array.from(sealed);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at & 7));
      expect(() => unsealCaliforniumState(bytes, password), `byte ${at}`).toThrow();
      expect(() => unsealCaliforniumState(sealed.subarray(0, at), password)).toThrow();
    }
  });

  it("is refused when it is not encrypted, but a password says that it is", () => {
    expect(() => unsealCaliforniumState(sealCaliforniumState(plain), password)).toThrow(
      "it is not encrypted: read it without a password",
    );
  });

  it("has a cipher that is known, and a whole seed", () => {
    const custom = Uint8Array.of(0xf0, 0, 16, ...new Uint8Array(64));
    expect(() => unsealCaliforniumState(custom, password)).toThrow(
      expect.objectContaining({ code: "CALIFORNIUM_VERSION" }),
    );
    const seed = Uint8Array.of(3, 1, 15, ...new Uint8Array(64));
    expect(() => unsealCaliforniumState(seed, password)).toThrow(
      expect.objectContaining({ code: "CALIFORNIUM_CORRUPT" }),
    );
    for (const short of [[], [3, 1], [3, 1, 16, 0], [0x10]]) {
      expect(() => unsealCaliforniumState(Uint8Array.from(short), password)).toThrow(
        expect.objectContaining({ code: "CALIFORNIUM_TRUNCATED" }),
      );
    }
  });
});

describe("a file", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "californium-"));
    file = join(folder, "state.bin");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([undefined, password])(
    "is saved for its owner alone and restored once",
    async (secret) => {
      const options = secret === undefined ? {} : { password: secret };
      await saveCaliforniumFile(file, plain, options);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const restored = await restoreCaliforniumFile(file, { wallTime, ...options });
      expect(restored.connections).toHaveLength(1);
      expect(restored.consumed).toBe(`${file}.consumed`);
      expect(readdirSync(folder)).toEqual(["state.bin.consumed"]);
      await expect(restoreCaliforniumFile(file, { wallTime, ...options })).rejects.toMatchObject({
        code: "CALIFORNIUM_FILE_MISSING",
      });
    },
  );

  it("that cannot be used stays as it is, and the error says why and where", async () => {
    writeFileSync(file, vector("cf-state-plain.bin").subarray(0, 1000));
    await expect(restoreCaliforniumFile(file, { wallTime })).rejects.toMatchObject({
      code: "CALIFORNIUM_TRUNCATED",
      message: `the state file ${file} cannot be used: the state ends early (at byte 999, component "dtls://127.0.0.1:5784", item 3: connection)`,
      place: { offset: 999, item: 3 },
    });
    expect(readdirSync(folder)).toEqual(["state.bin"]);
    writeFileSync(file, vector("cf-state-aesgcm.bin"));
    await expect(
      restoreCaliforniumFile(file, { wallTime, password: "wrong" }),
    ).rejects.toMatchObject(passwordError);
    expect(new Uint8Array(readFileSync(file))).toEqual(vector("cf-state-aesgcm.bin"));
  });

  it("that cannot be written or read is named", async () => {
    const missing = join(folder, "no", "state.bin");
    await expect(saveCaliforniumFile(missing, plain)).rejects.toMatchObject({
      code: "CALIFORNIUM_FILE_MISSING",
    });
    await expect(restoreCaliforniumFile(folder, { wallTime })).rejects.toMatchObject({
      code: "CALIFORNIUM_FILE",
    });
  });
});
