import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeImageArchive } from "../src/image/archive.ts";

const folder = mkdtempSync(join(tmpdir(), "kube-lab-archive-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("writeImageArchive", () => {
  it("writes the same bytes for the same files", async () => {
    const files = mkdtempSync(join(folder, "files-"));
    writeFileSync(join(files, "program"), "text", { mode: 0o755 });
    const archives = ["one", "two"].map((name) => join(folder, `${name}.tar`));
    for (const archive of archives) {
      await writeImageArchive(archive, "localhost/x:1", files, { Entrypoint: ["/program"] });
    }
    const [one, two] = archives.map((archive) => readFileSync(archive));
    const manifest = /\[\{"Config":"[0-9a-f]{64}\.json","RepoTags":\["localhost\/x:1"\]/;
    expect(one?.toString("latin1")).toMatch(manifest);
    expect(one?.toString("latin1")).toContain('"Entrypoint":["/program"]');
    // The archive itself holds files of now; what names the image is its configuration.
    const named = (bytes: Buffer | undefined) =>
      manifest.exec(bytes?.toString("latin1") ?? "")?.[0];
    expect(named(one)).toBe(named(two));
  });
});
