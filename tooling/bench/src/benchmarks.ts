import { californium } from "./benches/californium/californium.ts";
import { echo } from "./benches/echo.ts";
import { flood } from "./benches/flood.ts";
import { forward } from "./benches/forward.ts";
import { handshake } from "./benches/handshake.ts";
import { idleMemory } from "./benches/idle-memory.ts";
import { coap, frameMac, pipeline, records, route, state } from "./benches/package-scripts.ts";
import { request } from "./benches/request.ts";
import { run60 } from "./benches/run60.ts";
import { updates } from "./benches/update.ts";
import type { Benchmark } from "./benchmark.ts";

/** In the order in which they run and stand in docs/benchmarks.md. */
export const benchmarks: readonly Benchmark[] = [
  echo,
  request,
  forward,
  handshake,
  flood,
  idleMemory,
  californium,
  run60,
  ...updates,
  pipeline,
  records,
  coap,
  route,
  frameMac,
  state,
];
