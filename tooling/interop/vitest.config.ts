import { defineConfig } from "vitest/config";

// Tests against other implementations, on loopback; each suite says when its peer is not installed.
export default defineConfig({
  ssr: { resolve: { conditions: ["@dtls-cluster/source", "node", "import", "default"] } },
  test: {
    include: ["tooling/interop/peers/**/*.test.ts"],
    testTimeout: 60_000,
    pool: "forks",
    fileParallelism: false,
    // Each concurrent test starts processes of several nodes, on as few cores as two.
    maxConcurrency: 3,
  },
});
