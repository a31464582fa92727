import { type BenchmarkConfig, defaultConfig } from "../src/config.ts";
import { pskCredentials } from "../src/credentials.ts";
import type { Report } from "../src/report.ts";
import { LoadRun } from "../src/scenario/load-run.ts";
import type { VirtualWorld } from "./virtual-world.ts";

const plainTarget = {
  scheme: "coap",
  address: "192.0.2.1",
  family: 4,
  port: 5783,
  uriPath: ["benchmark"],
  uriQuery: ["rlen=40"],
  uri: "coap://192.0.2.1:5783/benchmark?rlen=40",
} as const;

/** Runs plain CoAP clients in the virtual world to their end. */
export function runPlain(
  world: VirtualWorld,
  changes: Partial<BenchmarkConfig>,
  print: (line: string) => void = () => {},
  signal?: AbortSignal,
): Promise<Report> {
  const config: BenchmarkConfig = {
    ...defaultConfig,
    clients: 3,
    credentials: pskCredentials("unused:unused"),
    targets: [plainTarget],
    ...changes,
  };
  let seed = 1;
  const run = new LoadRun(config, {
    surroundings: world,
    entropy: {
      fill: (target) => {
        for (let index = 0; index < target.length; index += 1) {
          seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
          target[index] = seed >>> 16;
        }
      },
    },
    createEndpoint: () => {
      throw new Error("plain CoAP needs no DTLS endpoint");
    },
    print,
  });
  return world.drive(run.run(signal));
}
