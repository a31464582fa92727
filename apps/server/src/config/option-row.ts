/** An option of the command line, which is an environment variable as well. */
export interface OptionRow {
  readonly flags: string;
  readonly environment: string;
  readonly default?: string;
  readonly description: string;
}
