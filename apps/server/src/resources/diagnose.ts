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

/** `/diagnose`: connections, nodes and counters of the node that executes the request, as JSON. */
export function createDiagnoseResource<T>(snapshot: () => unknown): Resource<T> {
  const encoder = new TextEncoder();
  return {
    path: "/diagnose",
    get: () => ({
      code: Code.content,
      options: JSON_FORMAT,
      payload: encoder.encode(JSON.stringify(snapshot())),
    }),
    attributes: { rt: "diagnose", ct: "50" },
  };
}
