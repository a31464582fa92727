import type { Drained } from "../plan/relay-watch.ts";
import type { Action, Progress } from "../plan/step.ts";
import { actionLine, progressLine } from "./lines.ts";

/** What a run tells while it goes on. */
export interface Reporter {
  /** For people: a line that is no step. */
  note(text: string): void;
  warn(text: string): void;
  action(action: Action, isDryRun: boolean): void;
  progress(progress: Progress, seconds: number): void;
  drained(colour: string, reason: Drained, relayed: number): void;
  done(colour: string, message: string, seconds: number): void;
  /** Objects applied by install. */
  applied(what: string, isDryRun: boolean): void;
}

export interface Output {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly wallTime: () => Date;
}

/** Lines as the seed's script prints them. */
export function createTextReporter(output: Output, nameOf: (colour: string) => string): Reporter {
  const would = (isDryRun: boolean): string => (isDryRun ? "would do: " : "");
  return {
    note: output.print,
    warn: (text) => output.warn(`warning: ${text}`),
    action: (action, isDryRun) => {
      for (const line of actionLine(action, nameOf)) output.print(would(isDryRun) + line);
    },
    progress: (progress, seconds) => output.print(progressLine(progress, seconds)),
    drained: (colour, reason, relayed) => {
      const counted = relayed === 0 ? "" : `, ${relayed} datagrams in all`;
      output.print(`${colour} relays no more (${reason}${counted})`);
    },
    done: (colour, message, seconds) => {
      const subject = message.startsWith("installation") ? "" : `${colour} `;
      output.print(` ${seconds} secs. ${subject}${message}. ${output.wallTime().toString()}`);
    },
    applied: (what, isDryRun) => output.print(`${would(isDryRun)}${what}`),
  };
}

/** One JSON object a line. */
export function createJsonReporter(output: Output): Reporter {
  const say = (event: string, more: object): void =>
    output.print(JSON.stringify({ time: output.wallTime().toISOString(), event, ...more }));
  return {
    note: (text) => say("note", { text }),
    warn: (text) => say("warning", { text }),
    action: (action, isDryRun) => {
      const { type, ...more } = action;
      const pods = "pods" in action ? { pods: action.pods.map((pod) => pod.name) } : {};
      const pod = "pod" in action ? { pod: action.pod.name } : {};
      say("action", { action: type, ...more, ...pods, ...pod, dryRun: isDryRun });
    },
    progress: (progress, seconds) => say("progress", { seconds, ...progress }),
    drained: (colour, reason, relayed) => say("drained", { colour, reason, relayed }),
    done: (colour, message, seconds) => say("done", { colour, message, seconds }),
    applied: (what, isDryRun) => say("applied", { what, dryRun: isDryRun }),
  };
}
