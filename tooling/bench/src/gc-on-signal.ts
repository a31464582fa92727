/**
 * Preloaded into a server by `node --expose-gc --import`: SIGUSR2 collects all garbage and reports
 * the memory to the parent. The server itself knows nothing of it.
 */
export type CollectedMemory = NodeJS.MemoryUsage;

process.channel?.unref();
process.on("SIGUSR2", () => {
  // The second collection frees what finalizers of the first one let go.
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  process.send?.(process.memoryUsage());
});
