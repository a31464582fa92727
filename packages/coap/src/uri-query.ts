/** The Uri-Query options of a request, `name=value` or `name` each, checked against a declaration. */
export interface UriQuery {
  /** True when `name` is there, with or without value. */
  has(name: string): boolean;
  /** The value of a text parameter, undefined when absent. */
  text(name: string): string | undefined;
  /** The value of an integer parameter, undefined when absent. */
  integer(name: string): number | undefined;
}
