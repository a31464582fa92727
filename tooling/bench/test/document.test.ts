import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { replaceSection, writeSection } from "../src/report/document.ts";
import { markdownTable } from "../src/report/table.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const order = ["echo", "forward", "request", "route"];
const document = `# Benchmarks

<!-- bench:echo -->
old figures of echo
<!-- /bench:echo -->

Words of a person.

<!-- bench:request -->
figures of request
<!-- /bench:request -->
`;

test("a section replaces the one of its name and nothing else", () => {
  const replaced = replaceSection(document, "echo", "new figures of echo", order);
  expect(replaced).toBe(document.replace("old figures of echo", "new figures of echo"));
});

test("a section that is not there yet is added at the end", () => {
  const added = replaceSection(document, "route", "figures of route", order);
  expect(added.startsWith(document)).toBe(true);
  expect(added).toMatch(/<!-- bench:route -->\nfigures of route\n<!-- \/bench:route -->\n$/);
});

test("a section goes before those that come later", () => {
  const added = replaceSection(document, "forward", "figures of forward", order);
  const marked = "<!-- bench:forward -->\nfigures of forward\n<!-- /bench:forward -->\n\n";
  expect(added).toBe(document.replace("<!-- bench:request", `${marked}<!-- bench:request`));
});

test("a marker without its partner is refused, so that nothing is lost", () => {
  const broken = document.replace("<!-- /bench:echo -->", "");
  expect(() => replaceSection(broken, "echo", "new", order)).toThrow(
    /markers of "echo" are not a pair/,
  );
});

test("a section that holds a dollar sign is written as it is", () => {
  expect(replaceSection(document, "echo", "$& and $1", order)).toContain("\n$& and $1\n");
});

test("writing makes the document, then replaces", () => {
  const file = join(folder, "benchmarks.md");
  writeSection(file, "echo", "first", order);
  writeSection(file, "echo", "second", order);
  expect(readFileSync(file, "utf8")).toBe(
    "# Benchmarks\n\n<!-- bench:echo -->\nsecond\n<!-- /bench:echo -->\n",
  );
});

test("tables align figures to the right", () => {
  expect(
    markdownTable({
      head: ["what", "µs"],
      rows: [
        ["a", "1.5"],
        ["bc", "10.5"],
      ],
    }),
  ).toBe("| what |   µs |\n| ---- | ---: |\n| a    |  1.5 |\n| bc   | 10.5 |");
});
