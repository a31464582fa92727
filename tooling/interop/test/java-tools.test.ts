import { describe, expect, test } from "vitest";
import { californiumReleases, hasJavaTools, javaCommand } from "../src/index.ts";

// Says on a machine without a JDK that `npm run interop -- californium` is skipped there, and why.
describe.skipIf(!hasJavaTools())("Californium's programs", () => {
  test.each(californiumReleases)("are kept apart for release $version", (release) => {
    const command = javaCommand(release, "TestNode", ["--secret", "x"]).join(" ");
    expect(command).toContain(`target/${release.generation}/classes`);
    expect(command.endsWith("org.dtlscluster.interop.TestNode --secret x")).toBe(true);
  });
});
