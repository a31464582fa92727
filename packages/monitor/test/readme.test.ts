import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newNode, oldNode } from "./readme-example.ts";
import { CertificateDirectory } from "./support/certificate-directory.ts";

async function* state(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1000);
}

describe("the README", () => {
  it("shows an example that works", async () => {
    const certificates = new CertificateDirectory();
    const node = await oldNode(certificates.path, state);
    try {
      const ready = await fetch(`http://127.0.0.1:${node.http}/ready`);
      expect(await ready.text()).toBe("OK\n");
      expect(await newNode(certificates.path, node.https)).toBe(1000);
    } finally {
      await node.close();
      certificates.remove();
    }
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
