/** An operator's mistake: one sentence that names the option, the value and what is accepted. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "SERVER_CONFIG";
}
