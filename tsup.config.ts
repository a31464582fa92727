import { existsSync } from "node:fs";
import { defineConfig } from "tsup";

// Emits JavaScript only; `tsc` emits the declarations. One configuration serves every package:
// entries are `src/index.ts` and, for applications, `src/main.ts`.
export default defineConfig({
  entry: ["src/index.ts", "src/main.ts"].filter((file) => existsSync(file)),
  format: ["esm"],
  target: "node22",
  dts: false,
  sourcemap: true,
  clean: true,
  splitting: true,
  // An optional dependency: tsup would bundle its loader, which then cannot find the native part.
  external: ["koffi"],
});
