import * as models from "@kubernetes/client-node";

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface ModelClass {
  readonly attributeTypeMap: readonly Attribute[];
}

type Json = unknown;

const PLAIN: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  IntOrString: (value) => typeof value === "string" || Number.isInteger(value),
  any: () => true,
  Date: (value) => typeof value === "string",
  V1MicroTime: (value) => typeof value === "string",
};

/**
 * What is wrong with an object by the OpenAPI description of Kubernetes, as the client's models carry it:
 * fields that no version of the API knows, and values of another type. What is required, or what excludes each
 * other, only the API server knows; the lab asks a real one.
 */
export function faultsOf(object: Record<string, Json>): string[] {
  const { apiVersion, kind } = object;
  const version = String(apiVersion).split("/").at(-1) ?? "";
  const type = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  const name = `${String(kind)} ${String((object["metadata"] as { name?: Json } | undefined)?.name)}`;
  const candidates = [type, `Rbac${type}`];
  const known = candidates.find((candidate) => modelOf(candidate) !== undefined);
  if (known === undefined)
    return [`${name}: no such kind as ${String(apiVersion)} ${String(kind)}`];
  return check(object, known, name);
}

function check(value: Json, type: string, path: string): string[] {
  const isPlain = PLAIN[type];
  if (isPlain !== undefined) return isPlain(value) ? [] : [`${path}: is no ${type}`];
  const item = /^Array<(.+)>$/.exec(type)?.[1] ?? /^Set<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path}: is no list`];
    return value.flatMap((each, index) => check(each, item, `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${path}: is no object`];
  }
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (entry !== undefined) {
    return Object.entries(value).flatMap(([key, each]) => check(each, entry, `${path}.${key}`));
  }
  const model = modelOf(type);
  if (model === undefined) return [`${path}: its type ${type} is not known`];
  return Object.entries(value).flatMap(([key, each]) => {
    const attribute = model.attributeTypeMap.find(({ baseName }) => baseName === key);
    return attribute === undefined
      ? [`${path}.${key}: no such field`]
      : check(each, attribute.type, `${path}.${key}`);
  });
}

function modelOf(type: string): ModelClass | undefined {
  const found: unknown = (models as Record<string, unknown>)[type];
  return typeof found === "function" && "attributeTypeMap" in found
    ? (found as unknown as ModelClass)
    : undefined;
}
