import type { Benchmark } from "../benchmark.ts";
import { measureEcho } from "../measure/echo.ts";
import { spread } from "../measure/statistics.ts";

const SOCKETS = {
  bare: "node:dgram alone",
  node: "packages/udp, --batch off",
  batch: "packages/udp, --batch on",
} as const;

export const echo: Benchmark = {
  name: "echo",
  title: "Echo of datagrams",
  summary: "CPU per datagram that a process receives and sends back: the floor of everything else",
  run: async ({ runs, seconds, progress }) => {
    const figures = await measureEcho(seconds, runs, progress);
    const bare = figures.get("bare")?.micros ?? Number.NaN;
    return [
      {
        kind: "table",
        table: {
          head: ["socket", "echoes/s", "CPU µs/echo", "user", "system", "of node:dgram"],
          rows: [...figures].map(([kind, figure]) => [
            SOCKETS[kind],
            figure.perSecond.toFixed(0),
            spread(figure.runs, 2),
            figure.user.toFixed(2),
            figure.system.toFixed(2),
            (figure.micros / bare).toFixed(2),
          ]),
        },
      },
      {
        kind: "text",
        text: "80 bytes, 256 datagrams in flight from a process of its own; medians, in parentheses lowest and highest run.",
      },
    ];
  },
};
