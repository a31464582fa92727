/** One link of RFC 6690: a path and its attributes. */
export interface Link {
  readonly path: string;
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** Attributes whose value is a list of words, one of which may match (RFC 6690 section 4.1). */
const LISTS: ReadonlySet<string> = new Set(["rt", "if", "rel", "ct"]);

/**
 * Links in CoRE link format (RFC 6690), sorted by path.
 * @param filter `name=value` or `name=prefix*`, such as `rt=benchmark` or `href=/bench*`; undefined
 *   or "" for all links.
 */
export function formatLinks(links: readonly Link[], filter?: string): string {
  return links
    .filter((link) => matches(link, filter))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map((link) => formatLink(link))
    .join(",");
}

function formatLink({ path, attributes }: Link): string {
  let text = `<${encodeURI(path)}>`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) text += `;${name}`;
    else if (/^\d+$/.test(value)) text += `;${name}=${value}`;
    else text += `;${name}="${value.replace(/["\\]/g, (char) => `\\${char}`)}"`;
  }
  return text;
}

function matches(link: Link, filter: string | undefined): boolean {
  if (filter === undefined || filter === "") return true;
  const equals = filter.indexOf("=");
  const name = equals < 0 ? filter : filter.slice(0, equals);
  const attribute = Object.hasOwn(link.attributes, name) ? link.attributes[name] : undefined;
  const value = name === "href" ? link.path : attribute;
  if (value === undefined) return false;
  if (equals < 0) return true;
  if (value === true) return filter.slice(equals + 1) === "";
  const wanted = filter.slice(equals + 1);
  const candidates = LISTS.has(name) ? value.split(" ") : [value];
  return wanted.endsWith("*")
    ? candidates.some((candidate) => candidate.startsWith(wanted.slice(0, -1)))
    : candidates.includes(wanted);
}
