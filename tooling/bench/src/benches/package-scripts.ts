import type { Benchmark, Part } from "../benchmark.ts";
import { runScript, type Script } from "../process/script.ts";

function scripts(
  description: Pick<Benchmark, "name" | "title" | "summary">,
  all: readonly Script[],
): Benchmark {
  return {
    ...description,
    run: async ({ progress }) => {
      const parts: Part[] = [];
      for (const script of all) {
        const text = await runScript(script, (line) => progress(`${description.name}: ${line}`));
        const command = [script.path, ...(script.args ?? [])].join(" ");
        parts.push({ kind: "text", text: `\`${command}\`:` }, { kind: "output", text });
      }
      return parts;
    },
  };
}

export const pipeline: Benchmark = scripts(
  {
    name: "pipeline",
    title: "A request without sockets",
    summary: "CPU of DTLS, CoAP and resource from datagram to datagram, without any socket",
  },
  [{ path: "tooling/bench/src/pipeline/main.ts", args: ["200", "2000", "6000"] }],
);

export const records: Benchmark = scripts(
  {
    name: "records",
    title: "Records",
    summary: "CPU of sealing and opening one record, against a cipher object per record",
  },
  [{ path: "packages/dtls/bench/record-seal.bench.ts", args: ["AES_128"] }],
);

export const coap: Benchmark = scripts(
  {
    name: "coap",
    title: "CoAP without sockets",
    summary: "CPU of the message layer per request, and of the codec against coap-packet",
  },
  [
    { path: "packages/coap/bench/request.bench.ts" },
    { path: "packages/coap/bench/codec.bench.ts" },
  ],
);

export const route: Benchmark = scripts(
  {
    name: "route",
    title: "Routing decisions",
    summary: "time of one decision of the forwarder, without sockets",
  },
  [{ path: "packages/forwarder/bench/route.ts" }],
);

export const frameMac: Benchmark = scripts(
  {
    name: "frame-mac",
    title: "MACs of frames",
    summary: "CPU of the MAC of one frame between nodes at level dtls-mac",
  },
  [{ path: "packages/cluster-channel/bench/frame-mac.ts" }],
);

export const state: Benchmark = scripts(
  {
    name: "state",
    title: "Saved connections",
    summary: "writing and reading the state of 100,000 connections, and its size",
  },
  [
    { path: "packages/state/bench/export-import.ts", nodeArgs: ["--expose-gc"] },
    { path: "packages/state/bench/engine.ts" },
  ],
);
