import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderChart } from "../../k8s/render-chart.ts";
import { manifestFolder } from "../support/manifests.ts";

describe("Helm chart", () => {
  it("is what the Kustomize base renders to (node apps/server/k8s/render-chart.ts)", () => {
    const folder = join(manifestFolder, "chart");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const chart = renderChart();
    expect(files.sort()).toEqual([...chart.keys()].sort());
    for (const [path, text] of chart) {
      expect(readFileSync(join(folder, path), "utf8")).toBe(text);
    }
  });
});
