import { defineConfig } from "vitest/config";

// Tests run on the sources: the "@dtls-cluster/source" export condition resolves every workspace
// package to its src/index.ts, so that nothing has to be built first.
export default defineConfig({
  ssr: { resolve: { conditions: ["@dtls-cluster/source", "node", "import", "default"] } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "tooling/*/test/**/*.test.ts",
    ],
    testTimeout: 60_000,
    pool: "forks",
  },
});
