import { defineConfig } from "vitest/config";

// Tests on a cluster that `npm run kube-lab -- test` has started, one file after the other, in the network of its clients.
export default defineConfig({
  ssr: { resolve: { conditions: ["@dtls-cluster/source", "node", "import", "default"] } },
  test: {
    include: ["tooling/kube-lab/tests/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: "forks",
    fileParallelism: false,
  },
});
