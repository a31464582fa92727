import { describe, expect, it } from "vitest";
import { Columns } from "../src/demo/columns.ts";

describe("Columns", () => {
  it("puts two logs side by side, each line with the seconds since the start", () => {
    const lines: string[] = [];
    let now = 5000;
    const columns = new Columns(
      (line) => lines.push(line),
      () => now,
    );
    columns.left("a reports ready, start update b");
    now = 7400;
    columns.right("1 requests");
    expect(lines[0]).toBe("   0 s a reports ready, start update b");
    expect(lines[1]).toMatch(/^ {3}2 s {10,}1 requests$/);
  });

  it("wraps long lines of the left one, and keeps every word", () => {
    const lines: string[] = [];
    const columns = new Columns(
      (line) => lines.push(line),
      () => 0,
    );
    const words = Array.from({ length: 30 }, (_, i) => `word-${i}`);
    columns.left(words.join(" "));
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.every((line) => line.length < 75)).toBe(true);
    expect(lines.join(" ").match(/word-\d+/g)).toEqual(words);
  });

  it("keeps the spaces that a line begins with", () => {
    const lines: string[] = [];
    new Columns(
      (line) => lines.push(line),
      () => 0,
    ).left(" 7 secs. a reports 3");
    expect(lines).toEqual(["   0 s  7 secs. a reports 3"]);
  });
});
