import { defineConfig } from "tsup";

// The server and everything it imports in one file, from the sources. Only koffi stays outside: its native part is a file of its own.
export default defineConfig({
  entry: { main: "src/main.ts" },
  format: ["esm"],
  target: "node22",
  dts: false,
  sourcemap: true,
  clean: true,
  splitting: false,
  noExternal: [/.*/],
  external: ["koffi"],
  // Packages in CommonJS call require for modules of Node.js.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  esbuildOptions(options) {
    options.conditions = ["@dtls-cluster/source", "node", "import", "default"];
  },
});
