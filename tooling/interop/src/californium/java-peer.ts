import { InteropError } from "../interop-error.ts";
import { PeerProcess } from "../peer-process.ts";
import { type CaliforniumRelease, javaCommand } from "./java-programs.ts";

/** What a program of the Maven project says in one line. */
export type JavaEvent = Readonly<Record<string, string | number | boolean>>;

const START_MS = 30_000;
const ANSWER_MS = 40_000;

/** A running program of the Maven project: takes commands, and prints a JSON object for each event. */
export class JavaPeer {
  readonly process: PeerProcess;

  protected constructor(
    release: CaliforniumRelease,
    program: string,
    args: readonly string[],
    virtualMachine?: readonly string[],
  ) {
    this.process = new PeerProcess("java", javaCommand(release, program, args, virtualMachine));
  }

  /** Waits for the next event of that name that is printed after the character number `since`. */
  async event(name: string, withinMs: number = ANSWER_MS, since = 0): Promise<JavaEvent> {
    const pattern = new RegExp(`^\\{"event":"(?:${name}|problem)".*\\}\\n`, "m");
    const [line] = await this.process.waitFor(pattern, withinMs, since);
    const event = JSON.parse(line) as JavaEvent;
    if (event["event"] === "problem" && name !== "problem") {
      throw new InteropError(`Californium: ${String(event["reason"])}`);
    }
    return event;
  }

  /** Gives a command and waits for the event that answers it. */
  ask(command: string, event: string, withinMs: number = ANSWER_MS): Promise<JavaEvent> {
    const since = this.process.printed;
    this.process.write(`${command}\n`);
    return this.event(event, withinMs, since);
  }

  /** All events of that name so far. */
  events(name: string): readonly JavaEvent[] {
    const lines = this.process.output.split("\n");
    return lines
      .filter((line) => line.startsWith(`{"event":"${name}"`) && line.endsWith("}"))
      .map((line) => JSON.parse(line) as JavaEvent);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Waits until the program says that it is there. */
  protected async ready(): Promise<JavaEvent> {
    try {
      return await this.event("ready", START_MS);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }
}

/** `--name value` pairs; undefined ones are left out. */
export function javaArguments(
  options: Readonly<Record<string, string | number | undefined>>,
): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
