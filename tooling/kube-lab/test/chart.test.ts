import { describe, expect, it } from "vitest";
import { drawChart, niceCeiling } from "../src/demo/chart.ts";

const second = (requests: number, retransmissions = 0) => ({ requests, retransmissions });

/** The y coordinates of the line of requests per second. */
function lineOf(svg: string): number[] {
  const points = /<polyline points="([^"]*)"/.exec(svg)?.[1] ?? "";
  return points.split(" ").map((point) => Number(point.split(",")[1]));
}

const bars = (svg: string): string[] => svg.match(/<rect [^>]*fill="#cf222e"\/>/g) ?? [];

describe("drawChart", () => {
  it("draws more requests higher, and a bar for each second with retransmissions", () => {
    const seconds = [second(100), second(400), second(200, 2), second(200)];
    const svg = drawChart({ title: "t", details: ["s"], seconds, phases: [] });
    const [first = 0, most = 0, third = 0] = lineOf(svg);
    expect(most).toBeLessThan(third);
    expect(third).toBeLessThan(first);
    expect(bars(svg)).toHaveLength(1);
  });

  it("draws a bar where all requests of a second were repeated ones", () => {
    const svg = drawChart({ title: "t", details: ["s"], seconds: [second(0, 5)], phases: [] });
    expect(bars(svg)).toHaveLength(1);
  });

  it("names phases and their moments where they are", () => {
    const phase = { title: "update <b>", from: 2, to: 6, marks: [{ title: "b serves", at: 4 }] };
    const seconds = Array.from({ length: 10 }, () => second(10));
    const svg = drawChart({ title: "t", details: ["s"], seconds, phases: [phase] });
    expect(svg).toContain("update &lt;b&gt;");
    const shade = /<rect x="([\d.]+)" [^>]*width="([\d.]+)"[^>]*fill="#ddf4ff"/.exec(svg);
    const [from, width] = [Number(shade?.[1]), Number(shade?.[2])];
    const at = Number(/<line x1="([\d.]+)"[^>]*stroke-dasharray/.exec(svg)?.[1]);
    expect(at).toBeCloseTo(from + width / 2, 0);
  });

  it("leaves room above the line, also where the most requests are a round number", () => {
    const svg = drawChart({ title: "t", details: ["s"], seconds: [second(2000)], phases: [] });
    const panelTop = Math.min(
      ...[...svg.matchAll(/<line [^>]*y1="(\d+)"/g)].map((y) => Number(y[1])),
    );
    expect(lineOf(svg)[0]).toBeGreaterThan(panelTop + 5);
  });

  it("needs no load at all", () => {
    const svg = drawChart({ title: "t", details: ["s"], seconds: [], phases: [] });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe("niceCeiling", () => {
  it.each([
    [1, 1],
    [3.1, 4],
    [5, 5],
    [11, 15],
    [2010, 2500],
    [0.21, 0.25],
  ])("of %f is %f", (value, expected) => {
    expect(niceCeiling(value)).toBeCloseTo(expected);
  });
});
