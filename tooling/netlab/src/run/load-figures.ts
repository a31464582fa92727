/** What this tool reads of the benchmark's JSON. */
export interface LoadFigures {
  readonly requests: number;
  readonly responses: number;
  readonly retransmissions: number;
  readonly transmissionErrors: number;
  readonly answerErrors: number;
  readonly unfinished: number;
  readonly handshakes: number;
  readonly failedHandshakes: number;
  readonly handshakesUnderLoad: number;
  readonly clients: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly handshakeMs: { readonly p50: number; readonly max: number };
  readonly seconds?: readonly SecondFigures[];
}

export interface SecondFigures {
  readonly requests: number;
  readonly retransmissions: number;
}

/**
 * The highest share of retransmissions in any `length` seconds in a row, in percent of the first
 * transmissions there. Runs shorter than that count as one window.
 */
export function worstWindow(seconds: readonly SecondFigures[], length: number): number {
  let worst = 0;
  const last = Math.max(0, seconds.length - length);
  for (let start = 0; start <= last; start += 1) {
    let requests = 0;
    let retransmissions = 0;
    for (const second of seconds.slice(start, start + length)) {
      requests += second.requests;
      retransmissions += second.retransmissions;
    }
    if (retransmissions > 0)
      worst = Math.max(worst, (100 * retransmissions) / Math.max(1, requests));
  }
  return worst;
}
