import { createServer } from "node:http";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/errors.ts";
import { KubeApi } from "../../src/kube/kube-api.ts";
import { createTransport, type KubeRequest } from "../../src/kube/transport.ts";

/** An API server that answers everything alike, and remembers what it was asked. */
function answering(status: number, text: string): { api: KubeApi; asked: KubeRequest[] } {
  const asked: KubeRequest[] = [];
  const transport = async (request: KubeRequest) => {
    asked.push(request);
    return { status, text, date: "Mon, 01 Jun 2026 00:00:00 GMT" };
  };
  return { api: new KubeApi(transport, "meters"), asked };
}

const failure = (promise: Promise<unknown>): Promise<KubeError> =>
  promise.then(
    () => Promise.reject(new Error("no failure")),
    (error: KubeError) => error,
  );

describe("requests", () => {
  it("name the field manager, the namespace and the version", async () => {
    const { api, asked } = answering(200, "{}");
    await api.apply("NetworkPolicy", { metadata: { name: "p" } });
    expect(asked[0]).toEqual({
      method: "PATCH",
      path: "/apis/networking.k8s.io/v1/namespaces/meters/networkpolicies/p?fieldManager=dtls-cluster-deploy&force=true",
      contentType: "application/apply-patch+yaml",
      body: {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "p", namespace: "meters" },
      },
    });
    await api.create("Namespace", { metadata: { name: "meters" } });
    expect(asked[1]).toMatchObject({
      path: "/api/v1/namespaces?fieldManager=dtls-cluster-deploy",
      body: { metadata: { name: "meters" } },
    });
  });

  it("delete only what was seen", async () => {
    const { api, asked } = answering(200, "{}");
    await api.remove("Pod", "a-1", "uid-1");
    expect(asked[0]?.body).toMatchObject({ preconditions: { uid: "uid-1" } });
  });

  it("may find nothing where nothing is an answer", async () => {
    const { api } = answering(404, '{"message":"pods \\"x\\" not found"}');
    expect(await api.read("Pod", "x")).toBeUndefined();
    await api.remove("Pod", "x");
    expect((await failure(api.list("Pod"))).status).toBe(404);
  });
});

describe("refusals", () => {
  it.each([
    [401, "Unauthorized", "renew the credentials", false],
    [403, '{"message":"pods is forbidden"}', "not allowed: pods is forbidden", false],
    [422, '{"message":"spec.replicas: invalid"}', "spec.replicas: invalid", false],
    [429, "", "the API server answered 429", true],
    [500, '{"message":"etcd is away"}', "etcd is away", true],
    [503, "<html>", "<html>", true],
    [200, "<html>", "is the kubeconfig's server a Kubernetes API?", false],
  ])("%i %s", async (status, text, message, isTransient) => {
    const error = await failure(answering(status, text).api.list("Pod"));
    expect(error).toBeInstanceOf(KubeError);
    expect(error.message).toContain(message);
    expect(error.isTransient).toBe(isTransient);
  });
});

describe("the transport", () => {
  const config = (server: string): KubeConfig => {
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromOptions({
      clusters: [{ name: "c", server, skipTLSVerify: server.startsWith("http:") }],
      users: [{ name: "u", token: "secret-token" }],
      contexts: [{ name: "x", cluster: "c", user: "u" }],
      currentContext: "x",
    });
    return kubeconfig;
  };

  it("authenticates, sends JSON and tells the server's clock", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      request.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
      request.on("end", () => response.end("{}"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    try {
      const transport = createTransport(config(`http://127.0.0.1:${port}`));
      const answer = await transport({ method: "POST", path: "/api?x=1", body: { a: 1 } });
      expect(answer).toMatchObject({ status: 200, text: "{}" });
      expect(Number.isNaN(Date.parse(answer.date ?? ""))).toBe(false);
      expect(seen).toEqual(["POST /api?x=1 Bearer secret-token", '{"a":1}']);
    } finally {
      server.close();
    }
  });

  it("says which server does not answer, and why, without its secrets", async () => {
    const transport = createTransport(config("http://127.0.0.1:9"));
    const error = await failure(transport({ method: "GET", path: "/version" }));
    expect(error.message).toMatch(/^the API server at http:\/\/127\.0\.0\.1:9 does not answer \(/);
    expect(error.message).not.toContain("secret-token");
    expect(error).toMatchObject({ status: 0, isTransient: true });
  });
});
