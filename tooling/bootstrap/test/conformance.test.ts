import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(`${root}docs/conformance.md`, "utf8");
const rows = page.split("\n").flatMap((line) => {
  const cells = line.split("|").map((cell) => cell.trim());
  const [, source, duty, file, title] = cells;
  if (cells.length !== 6 || source === undefined || source === "source") return [];
  if (/^-+$/.test(source)) return [];
  return [{ source, duty, file: unquoted(file), title: unquoted(title) }];
});

function unquoted(cell = ""): string {
  return cell.replace(/^`|`$/g, "");
}

/** Whether a file has a test or a group of that title, whatever the quotes and the line. */
function hasTitle(text: string, title: string): boolean {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\\(\\s*(["'\`])${escaped}\\1`).test(text);
}

describe("docs/conformance.md", () => {
  it("has rows, each with a source, a duty, a file and a title", () => {
    expect(rows.length).toBeGreaterThan(80);
    for (const { source, duty, file, title } of rows) {
      expect(
        [source, duty, file, title].every((cell) => (cell ?? "") !== ""),
        source,
      ).toBe(true);
    }
  });

  it.each(rows)("$source: $duty", ({ file, title }) => {
    expect(existsSync(root + file), `${file} exists`).toBe(true);
    expect(hasTitle(readFileSync(root + file, "utf8"), title), `${file} has "${title}"`).toBe(true);
  });

  it("does not take a title for one that is only mentioned", () => {
    expect(hasTitle('test("a title", () => {})', "a title")).toBe(true);
    expect(hasTitle("// a title", "a title")).toBe(false);
    expect(hasTitle('test("a title of more", () => {})', "a title")).toBe(false);
  });
});
