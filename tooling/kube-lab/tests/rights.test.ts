import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_URL } from "../src/host/network.ts";
import { REPOSITORY } from "../src/image/server-context.ts";
import { pkiFolder } from "../src/lab.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const lab = labUnderTest();
const NAMESPACE = "rights";
const ACCOUNT = "dtls-cluster";
const ca = readFileSync(`${pkiFolder(lab.name)}/ca.pem`);

/** What every identity may do, by the roles that Kubernetes itself brings: ask about itself. */
const ABOUT_ITSELF = /^(selfsubject\w+)$/;

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly path: string;
}

const METHODS = {
  get: ["GET", "/any"],
  list: ["GET", ""],
  watch: ["GET", "?watch=1&timeoutSeconds=1"],
  create: ["POST", "?dryRun=All"],
  update: ["PUT", "/any?dryRun=All"],
  patch: ["PATCH", "/any?dryRun=All"],
  delete: ["DELETE", "/any?dryRun=All"],
  deletecollection: ["DELETE", "?dryRun=All"],
} as const;

/** The status that the API server answers with. */
function ask(method: string, path: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const body = method === "GET" ? "" : "{}";
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": type,
      "content-length": body.length,
    };
    const call = request(`${API_URL}${path}`, { method, ca, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** All resources of all groups, as the API server tells the administrator. */
async function resources(): Promise<Resource[]> {
  const raw = async (path: string): Promise<unknown> =>
    JSON.parse(await lab.kubectl(["get", "--raw", path]));
  const { groups } = (await raw("/apis")) as {
    groups: { preferredVersion: { groupVersion: string } }[];
  };
  const prefixes = [
    "/api/v1",
    ...groups.map((group) => `/apis/${group.preferredVersion.groupVersion}`),
  ];
  const found: Resource[] = [];
  for (const prefix of prefixes) {
    const list = (await raw(prefix)) as { resources: Omit<Resource, "path">[] };
    found.push(...list.resources.map((resource) => ({ ...resource, path: prefix })));
  }
  return found;
}

describe("the service account of the pods", () => {
  let token = "";
  beforeAll(async () => {
    const manifest = join(REPOSITORY, "apps", "server", "k8s", "base", "service-account.yaml");
    await lab.kubectl(["create", "namespace", NAMESPACE]);
    await lab.kubectl(["--namespace", NAMESPACE, "apply", "-f", manifest]);
    token = (await lab.kubectl(["--namespace", NAMESPACE, "create", "token", ACCOUNT])).trim();
  });
  afterAll(() => lab.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]));

  it("may get, list and watch the pods of its namespace and nothing else", async () => {
    const allowed: string[] = [];
    const strange: string[] = [];
    let tried = 0;
    for (const { name, namespaced, verbs, path } of await resources()) {
      const [plural = "", sub] = name.split("/");
      if (ABOUT_ITSELF.test(plural)) continue;
      const places = namespaced
        ? [`${path}/namespaces/${NAMESPACE}/`, `${path}/namespaces/default/`, `${path}/`]
        : [`${path}/`];
      for (const place of places) {
        for (const verb of verbs) {
          const [method, rest] = METHODS[verb as keyof typeof METHODS] ?? [];
          if (method === undefined || rest === undefined) continue;
          // Without a namespace only whole lists exist.
          if (namespaced && place === `${path}/` && !["list", "watch"].includes(verb)) continue;
          const url =
            sub === undefined
              ? `${place}${plural}${rest}`
              : `${place}${plural}/any/${sub}${rest.replace("/any", "")}`;
          const status = await ask(method, url, token);
          tried += 1;
          if (status === 403) continue;
          if (status === 405) strange.push(`${verb} ${url}: ${status}`);
          else allowed.push(`${verb} ${place}${name}: ${status}`);
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
    expect(strange).toEqual([]);
    const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
    // The pod that was asked for does not exist.
    expect(allowed.sort()).toEqual([`get ${pods}: 404`, `list ${pods}: 200`, `watch ${pods}: 200`]);
  });

  it("is refused without its token", async () => {
    const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
    expect(await ask("GET", pods, token)).toBe(200);
    expect(await ask("GET", pods, `${token}x`)).toBe(401);
  });
});
