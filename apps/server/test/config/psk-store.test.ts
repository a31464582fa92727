import { describe, expect, it } from "vitest";
import { addPskFile, addPskOption, PskStore } from "../../src/config/psk-store.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("keys by identity", () => {
  it("prefer the exact identity, then the longest prefix", () => {
    const store = new PskStore();
    addPskOption(store, "--psk", "dev.*:short");
    addPskOption(store, "--psk", "dev.lamp.*:long");
    addPskOption(store, "--psk", "dev.lamp.7:own");
    const find = (identity: string): string =>
      Buffer.from(store.find(bytes(identity)) ?? []).toString();
    expect(find("dev.lamp.7")).toBe("own");
    expect(find("dev.lamp.8")).toBe("long");
    expect(find("dev.door")).toBe("short");
    expect(store.find(bytes("other"))).toBeUndefined();
  });

  it("keep colons of an identity, because the secret comes after the last one", () => {
    const store = new PskStore();
    addPskOption(store, "--psk", "urn:dev:1:secret");
    expect(store.find(bytes("urn:dev:1"))).toEqual(bytes("secret"));
  });

  it("come from files as base64 or hexadecimal, with comments between them", () => {
    const store = new PskStore();
    addPskFile(store, "keys", "# devices\r\na=c2VjcmV0\r\n\r\nb=:0x0aFF\n");
    expect(store.find(bytes("a"))).toEqual(bytes("secret"));
    expect(store.find(bytes("b"))).toEqual(Uint8Array.of(0x0a, 0xff));
  });

  it("are refused when they are too long", () => {
    const store = new PskStore();
    expect(() => addPskOption(store, "--psk", `${"i".repeat(129)}:x`)).toThrow(/at most 128 bytes/);
    expect(() => addPskOption(store, "--psk", `i:${"x".repeat(65)}`)).toThrow(/1 to 64 bytes/);
  });
});
