import {
  Code,
  ContentFormat,
  encodeOptions,
  OptionNumber,
  type Resource,
} from "@dtls-cluster/coap";

const JSON_FORMAT = encodeOptions([
  { number: OptionNumber.contentFormat, value: ContentFormat.json },
]);

/**
 * `/diagnose`: connections, nodes and counters of the node that executes the request, as JSON.
 * @param maxLength bytes that fit one record; what is more is left out and named.
 */
export function createDiagnoseResource<T>(snapshot: () => object, maxLength: number): Resource<T> {
  const encoder = new TextEncoder();
  return {
    path: "/diagnose",
    get: () => ({
      code: Code.content,
      options: JSON_FORMAT,
      payload: encoder.encode(fittingJson(snapshot(), maxLength)),
    }),
    attributes: { rt: "diagnose", ct: "50" },
  };
}

/** JSON of at most `maxLength` characters: the longest fields go first, `omitted` names them. */
export function fittingJson(snapshot: object, maxLength: number): string {
  const fields: Record<string, unknown> = { ...snapshot };
  const omitted: string[] = [];
  for (;;) {
    const text = JSON.stringify(omitted.length === 0 ? fields : { ...fields, omitted });
    if (text.length <= maxLength) return text;
    const longest = longestField(fields);
    if (longest === undefined) return "{}";
    delete fields[longest];
    omitted.push(longest);
  }
}

function longestField(fields: Readonly<Record<string, unknown>>): string | undefined {
  let longest: string | undefined;
  let most = -1;
  for (const [name, value] of Object.entries(fields)) {
    const { length } = JSON.stringify(value) ?? "";
    if (length <= most) continue;
    longest = name;
    most = length;
  }
  return longest;
}
