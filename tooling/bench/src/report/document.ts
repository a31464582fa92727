import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const begin = (name: string): string => `<!-- bench:${name} -->`;
const end = (name: string): string => `<!-- /bench:${name} -->`;

/**
 * Replaces the section of one benchmark, or adds it.
 * @param order names of all sections; a new one goes before the first that comes later.
 * @throws Error when the markers of the section are not a pair, so that nothing else gets lost.
 */
export function replaceSection(
  document: string,
  name: string,
  section: string,
  order: readonly string[],
): string {
  const marked = `${begin(name)}\n${section}\n${end(name)}`;
  const from = document.indexOf(begin(name));
  const to = document.indexOf(end(name));
  if (from === -1 && to === -1) {
    const later = order
      .slice(order.indexOf(name) + 1)
      .map((other) => document.indexOf(begin(other)))
      .find((at) => at >= 0);
    if (later === undefined) return `${document.trimEnd()}\n\n${marked}\n`;
    return `${document.slice(0, later)}${marked}\n\n${document.slice(later)}`;
  }
  if (from === -1 || to < from) {
    throw new Error(`the markers of "${name}" are not a pair; mend them by hand`);
  }
  return document.slice(0, from) + marked + document.slice(to + end(name).length);
}

/** Writes the section into `file`, at once. */
export function writeSection(
  file: string,
  name: string,
  section: string,
  order: readonly string[],
): void {
  const document = existsSync(file) ? readFileSync(file, "utf8") : "# Benchmarks\n";
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, replaceSection(document, name, section, order));
  renameSync(temporary, file);
}
