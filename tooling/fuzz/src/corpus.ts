import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "corpus");

/** The inputs that once broke a target, by file name. */
export function readCorpus(target: string): ReadonlyMap<string, Uint8Array> {
  const inputs = new Map<string, Uint8Array>();
  const path = join(folder, target);
  if (!existsSync(path)) return inputs;
  for (const name of readdirSync(path).sort()) {
    const text = readFileSync(join(path, name), "utf8").replace(/^#.*$/gm, "");
    inputs.set(name, Uint8Array.from(Buffer.from(text.replace(/\s+/g, ""), "hex")));
  }
  return inputs;
}

/** Writes a finding as hexadecimal text with its reason on top. @returns the path */
export function writeFinding(target: string, input: Uint8Array, reason: string): string {
  const path = join(folder, target);
  mkdirSync(path, { recursive: true });
  const name = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const file = join(path, `${name}.hex`);
  const lines =
    Buffer.from(input)
      .toString("hex")
      .match(/.{1,96}/g) ?? [];
  const why = (reason.split("\n")[0] ?? "").slice(0, 200);
  writeFileSync(file, `# ${why}\n${lines.join("\n")}\n`);
  return file;
}
