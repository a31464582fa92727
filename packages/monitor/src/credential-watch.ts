import { stat } from "node:fs/promises";
import { type CredentialFiles, readCredentials, type TlsCredentials } from "./credentials.ts";
import { MonitorConfigError } from "./errors.ts";

export interface CredentialWatchOptions {
  readonly files: CredentialFiles;
  /** Default 10 000; 0 looks only when {@link CredentialWatch.check} is called. */
  readonly intervalMs?: number;
  /** New files were read and are in use. */
  readonly onReload?: (credentials: TlsCredentials) => void;
  /** New files are unusable; the old credentials stay in use. Told once for each change. */
  readonly onProblem?: (error: MonitorConfigError) => void;
  /** Milliseconds since 1970. Default `Date.now()`. */
  readonly wallTime?: () => number;
}

/** Credentials that follow their files. Looks at times and sizes, which works for mounted secrets too. */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  #current: TlsCredentials;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

  /** Reads the files for the first time. @throws MonitorConfigError when they cannot be used. */
  static async open(options: CredentialWatchOptions): Promise<CredentialWatch> {
    const seen = await fingerprint(options.files);
    const credentials = await readCredentials(options.files, options.wallTime?.());
    return new CredentialWatch(options, credentials, seen);
  }

  private constructor(options: CredentialWatchOptions, credentials: TlsCredentials, seen: string) {
    this.#options = options;
    this.#current = credentials;
    this.#seen = seen;
    const intervalMs = options.intervalMs ?? 10_000;
    if (intervalMs > 0) {
      this.#timer = setInterval(() => void this.check(), intervalMs);
      this.#timer.unref();
    }
  }

  get current(): TlsCredentials {
    return this.#current;
  }

  /** Looks at the files now. Never rejects: problems go to `onProblem`. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #check(): Promise<void> {
    const { files, onReload, onProblem, wallTime } = this.#options;
    const seen = await fingerprint(files);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#current = await readCredentials(files, wallTime?.());
      onReload?.(this.#current);
    } catch (error) {
      if (error instanceof MonitorConfigError) {
        const text = `${error.message} (the credentials from before stay in use)`;
        onProblem?.(new MonitorConfigError(error.code, text, { cause: error }));
      }
    }
  }
}

async function fingerprint(files: CredentialFiles): Promise<string> {
  const parts = await Promise.all(
    [files.certificate, files.trust].map((file) =>
      stat(file).then(
        ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
        (error: NodeJS.ErrnoException) => error.code ?? "unknown",
      ),
    ),
  );
  return parts.join(" / ");
}
