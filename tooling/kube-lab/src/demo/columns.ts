/** Room for the longest progress line of an update. */
const LEFT_WIDTH = 66;

/** Two logs side by side, each line when it comes, with the seconds since the start. */
export class Columns {
  readonly #startedAt: number;
  readonly #print: (line: string) => void;
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(print: (line: string) => void, now: () => number) {
    this.#print = print;
    this.#now = now;
    this.#startedAt = now();
  }

  left(line: string): void {
    for (const part of wrap(line)) this.#print(`${this.#seconds()} ${part}`.trimEnd());
  }

  right(line: string): void {
    this.#print(`${this.#seconds()} ${" ".repeat(LEFT_WIDTH)} ${line}`);
  }

  #seconds(): string {
    return `${((this.#now() - this.#startedAt) / 1000).toFixed(0).padStart(4)} s`;
  }
}

/** Words stay whole; what does not fit goes on below, further in. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  const [first = "", ...words] = line.trimEnd().split(" ");
  let current = first;
  for (const word of words) {
    if (current.length + 1 + word.length <= LEFT_WIDTH || current.trim() === "") {
      current += ` ${word}`;
    } else {
      lines.push(current);
      current = `  ${word}`;
    }
  }
  return [...lines, current];
}
