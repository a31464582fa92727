import { runScript } from "../process/script.ts";
import { median } from "./statistics.ts";

/** `bare`: node:dgram alone; `node` and `batch`: the sockets of packages/udp. */
export type EchoKind = "bare" | "node" | "batch";

/** CPU of a process that sends datagrams back, µs for each; medians of the runs. */
export interface EchoFigures {
  readonly perSecond: number;
  readonly micros: number;
  readonly user: number;
  readonly system: number;
  /** `micros` of every run. */
  readonly runs: readonly number[];
}

const DATAGRAMS_IN_FLIGHT = 256;
const ROW = /^(bare|node|batch)\s+(\d+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)$/;

/** Measures all kinds, turn about. */
export async function measureEcho(
  seconds: number,
  runs: number,
  progress: (line: string) => void,
): Promise<ReadonlyMap<EchoKind, EchoFigures>> {
  const output = await runScript(
    {
      path: "packages/udp/bench/echo.bench.ts",
      args: [seconds, DATAGRAMS_IN_FLIGHT, runs].map(String),
    },
    (line) => progress(`echo: ${line}`),
  );
  const figures = new Map<EchoKind, EchoFigures>();
  for (const kind of ["bare", "node", "batch"] as const) {
    const own = output.split("\n").flatMap((line) => {
      const match = ROW.exec(line);
      return match?.[1] === kind ? [match.slice(2).map(Number)] : [];
    });
    if (own.length === 0) throw new Error(`the echo benchmark printed nothing for ${kind}`);
    const column = (index: number): number[] => own.map((row) => row[index] ?? Number.NaN);
    figures.set(kind, {
      perSecond: median(column(0)),
      micros: median(column(1)),
      user: median(column(2)),
      system: median(column(3)),
      runs: column(1),
    });
  }
  return figures;
}
