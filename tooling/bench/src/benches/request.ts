import type { Bench, Benchmark, Part } from "../benchmark.ts";
import { type EchoFigures, measureEcho } from "../measure/echo.ts";
import { type LoadWindow, measureLoad, WARM_UP_SECONDS } from "../measure/load-window.ts";
import { median, spread } from "../measure/statistics.ts";
import { LibcoapServer } from "../process/libcoap-server.ts";
import { Server } from "../process/server.ts";

interface Case {
  readonly label: string;
  readonly server: "coap" | "coaps" | "libcoap";
  readonly batch: "on" | "off";
  readonly clients: number;
}

const CASES: readonly Case[] = [
  { label: "CoAP without DTLS, node:dgram", server: "coap", batch: "off", clients: 200 },
  { label: "CoAP/DTLS, node:dgram", server: "coaps", batch: "off", clients: 200 },
  { label: "CoAP/DTLS, node:dgram", server: "coaps", batch: "off", clients: 2000 },
  { label: "CoAP/DTLS, batch", server: "coaps", batch: "on", clients: 200 },
  { label: "CoAP/DTLS, batch", server: "coaps", batch: "on", clients: 2000 },
];

/** Cases of this machine: with another implementation, where it is installed. */
function casesHere(): readonly Case[] {
  const version = LibcoapServer.installedVersion();
  if (version === undefined) return CASES;
  const label = `${version} (OpenSSL, C), no CID`;
  return [...CASES, { label, server: "libcoap", batch: "off", clients: 200 }];
}

export const request: Benchmark = {
  name: "request",
  title: "Server CPU per request",
  summary: "CPU of one server per CoAP/DTLS request, 200 and 2000 clients, beside the echo floor",
  run: async (bench) => {
    const cases = casesHere();
    const windows = new Map<Case, LoadWindow[]>(cases.map((one) => [one, []]));
    const floor = await measureEcho(bench.seconds, bench.runs, bench.progress);
    for (let run = 1; run <= bench.runs; run += 1) {
      for (const one of cases) {
        const window = await measureCase(one, bench);
        windows.get(one)?.push(window);
        const name = `${one.label}, ${one.clients} clients`;
        bench.progress(`${name}, run ${run}: ${micros(window).toFixed(1)} µs per request`);
      }
    }
    return describe(windows, floor);
  },
};

async function measureCase(one: Case, { seconds }: Bench): Promise<LoadWindow> {
  const { clients } = one;
  if (one.server === "libcoap") {
    const server = await LibcoapServer.start();
    try {
      const args = ["--method", "PUT", "--no-verify"];
      return await measureLoad([server.child.pid], { uris: [server.uri], clients, seconds, args });
    } finally {
      await server.stop();
    }
  }
  const server = await Server.start({ batch: one.batch });
  try {
    const address = one.server === "coap" ? server.coap : server.coaps;
    const uris = [`${one.server}://${address}/benchmark?rlen=40`];
    return await measureLoad([server.pid], { uris, clients, seconds });
  } finally {
    await server.stop();
  }
}

function micros({ servers, requests }: LoadWindow, part: "user" | "system" | "total" = "total") {
  return (servers[0]?.[part] ?? Number.NaN) / requests;
}

function describe(
  windows: ReadonlyMap<Case, readonly LoadWindow[]>,
  floor: ReadonlyMap<string, EchoFigures>,
): Part[] {
  const echoRow = (label: string, figures: EchoFigures | undefined): string[] => [
    label,
    "",
    figures?.perSecond.toFixed(0) ?? "",
    spread(figures?.runs ?? [], 1),
    figures?.user.toFixed(1) ?? "",
    figures?.system.toFixed(1) ?? "",
    "",
    "",
    "",
  ];
  const rows = [...windows].map(([{ label, batch, clients }, own]) => {
    const all = own.map((window) => micros(window));
    const base = floor.get(batch === "on" ? "batch" : "bare")?.micros ?? Number.NaN;
    const per = (value: (window: LoadWindow) => number, digits: number): string =>
      median(own.map(value)).toFixed(digits);
    return [
      label,
      String(clients),
      per(({ requests, seconds }) => requests / seconds, 0),
      spread(all, 1),
      per((window) => micros(window, "user"), 1),
      per((window) => micros(window, "system"), 1),
      (median(all) - base).toFixed(1),
      `${per((window) => (micros(window) * window.requests) / window.seconds / 1e4, 0)} %`,
      `${per(({ report }) => report.retransmissionPercent, 2)} %`,
    ];
  });
  return [
    {
      kind: "table",
      table: {
        head: [
          "server",
          "clients",
          "req/s",
          "CPU µs/request",
          "user",
          "system",
          "above echo",
          "of one core",
          "retransmissions",
        ],
        rows: [
          echoRow("echo, node:dgram", floor.get("bare")),
          echoRow("echo, batch", floor.get("batch")),
          ...rows,
        ],
      },
    },
    {
      kind: "text",
      text: `CON POST with 40 bytes of payload each way, TLS_PSK_WITH_AES_128_CCM_8, server Connection ID of 6 bytes, closed loop from one client process on the same machine. CPU is that of the server process alone (user and system), in the window after ${WARM_UP_SECONDS} s of load; medians, in parentheses lowest and highest run. The echo has 80 bytes and 256 datagrams in flight. libcoap gets a PUT with the same payload and answers without one, and knows no Connection ID.`,
    },
  ];
}
