import { eventually } from "@dtls-cluster/testkit";
import { KubernetesApi, sendStatus } from "@dtls-cluster/testkit/kubernetes-api";
import { afterEach, describe, expect, it } from "vitest";
import type { KubernetesNodes } from "../src/index.ts";
import { meter, TestCluster } from "./support/cluster.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** Nodes a-0 and a-1, a-0 looking. */
async function watched(): Promise<{ cluster: TestCluster; nodes: KubernetesNodes }> {
  const cluster = await TestCluster.start(meter("m-a-0"), meter("m-a-1"));
  open.push(cluster);
  const nodes = await cluster.nodes("m-a-0");
  await nodes.ready();
  await eventually(() => cluster.api.watchers === 2);
  return { cluster, nodes };
}

function addressesOf(nodes: KubernetesNodes): () => string {
  let text = "";
  const update = async (): Promise<void> => {
    const found = await nodes.discover();
    text = found
      .map(({ address }) => address)
      .sort()
      .join(" ");
  };
  nodes.onGroupChange(() => void update());
  void update();
  return () => text;
}

describe("a cluster whose API is well", () => {
  it("knows a new pod and a deleted one from the watch, without another list", async () => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    const lists = cluster.api.requests.length;
    cluster.api.put(meter("m-a-2"));
    await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
    cluster.api.remove("m-a-1");
    await eventually(() => addresses() === "10.0.97.2");
    expect(cluster.api.requests.length).toBe(lists);
  });

  it("goes on from a bookmark when a watch ends, and misses nothing between two watches", async () => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    cluster.api.misbehave = (_request, response, isWatch) => {
      if (isWatch) sendStatus(response, 500, "not now");
      return isWatch;
    };
    cluster.api.bookmark();
    cluster.api.cut();
    await eventually(() => cluster.api.watchers === 0);
    cluster.api.put(meter("m-a-3"));
    cluster.api.misbehave = () => false;
    await eventually(() => addresses() === "10.0.97.1 10.0.97.3");
  });
});

describe("a cluster whose API is not well", () => {
  const refusals = [401, 403, 404, 429, 500, 503] as const;

  it.each(refusals)(
    "goes on with what it knows while everything is answered with %i",
    async (status) => {
      const { cluster, nodes } = await watched();
      const addresses = addressesOf(nodes);
      cluster.api.misbehave = (_request, response) => {
        sendStatus(response, status, "no");
        return true;
      };
      cluster.api.cut();
      await eventually(() =>
        cluster.troubles.some((error) => error?.message.includes(`${status}`)),
      );
      const before = cluster.api.requests.length;
      await eventually(() => cluster.api.requests.length > before + 2);
      expect(addresses()).toBe("10.0.97.1");
      cluster.api.misbehave = () => false;
      cluster.api.put(meter("m-a-2"));
      await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
      await eventually(() => cluster.troubles.at(-1) === undefined);
    },
  );

  it("lists again when what it knows is too old (410)", async () => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    cluster.api.remove("m-a-1");
    cluster.api.put(meter("m-b-7"));
    cluster.api.compact();
    cluster.api.misbehave = (request) => {
      // As if the API had been restarted in between.
      request.url = request.url?.replace(/resourceVersion=\d+/, "resourceVersion=1");
      return false;
    };
    cluster.api.cut();
    cluster.api.put(meter("m-a-4"));
    await eventually(() => addresses() === "10.0.97.4");
    expect(cluster.troubles.map((error) => error?.code)).not.toContain("KUBERNETES_EXPIRED");
  });

  it("lists every now and then where it may not watch", async () => {
    const cluster = await TestCluster.start(meter("m-a-0"), meter("m-a-1"));
    open.push(cluster);
    cluster.api.misbehave = (_request, response, isWatch) => {
      if (isWatch) sendStatus(response, 403, "pods is forbidden: cannot watch");
      return isWatch;
    };
    const nodes = await cluster.nodes("m-a-0");
    await nodes.ready();
    const addresses = addressesOf(nodes);
    cluster.api.put(meter("m-a-2"));
    await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
    cluster.api.remove("m-a-1");
    await eventually(() => addresses() === "10.0.97.2");
    const refused = cluster.troubles.filter((error) => error?.code === "KUBERNETES_FORBIDDEN");
    expect(refused).toHaveLength(1);
  });

  it("waits for as long as Retry-After says", async () => {
    const { cluster } = await watched();
    let refused = 0;
    cluster.api.misbehave = (_request, response) => {
      refused += 1;
      sendStatus(response, 429, "slow down", { "retry-after": "1" });
      return true;
    };
    cluster.api.cut();
    // Both watches ask once; with the pauses of this test alone they would have asked dozens of times.
    await eventually(() => refused === 2);
    const end = performance.now() + 700;
    await eventually(() => performance.now() > end);
    expect(refused).toBe(2);
  });

  it("gives up an answer that never comes, and one that stops in the middle", async () => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    let held = 0;
    cluster.api.misbehave = (_request, response) => {
      held += 1;
      if (held > 4) return false;
      if (held > 2) {
        response.writeHead(200);
        response.write('{"kind":"PodList","items":[');
      }
      return true;
    };
    cluster.api.cut();
    cluster.api.put(meter("m-a-2"));
    await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
    expect(held).toBeGreaterThan(4);
  });

  it.each([
    ["nonsense", "<html>welcome</html>"],
    ["another object", '{"kind":"Status"}'],
    ["null", "null"],
  ])("takes %s for no list", async (_name, body) => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    let sent = 0;
    cluster.api.misbehave = (_request, response) => {
      sent += 1;
      response.end(body);
      return true;
    };
    cluster.api.cut();
    await eventually(() => sent > 4);
    expect(addresses()).toBe("10.0.97.1");
    cluster.api.misbehave = () => false;
    cluster.api.put(meter("m-a-2"));
    await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
  });

  it("finds new pods when an API that was stopped is back", async () => {
    const { cluster, nodes } = await watched();
    const addresses = addressesOf(nodes);
    const { port, authority } = cluster.api;
    await cluster.api.close();
    await eventually(() => cluster.troubles.at(-1)?.code === "KUBERNETES_UNREACHABLE");
    expect(addresses()).toBe("10.0.97.1");
    const again = await KubernetesApi.start(port, authority);
    open.push(again);
    for (const name of ["m-a-0", "m-a-1", "m-a-2"]) again.put(meter(name));
    // The new API's versions are lower than those that are known.
    again.misbehave = (_request, response, isWatch) => {
      if (isWatch) sendStatus(response, 410, "too large resource version");
      return isWatch;
    };
    await eventually(() => addresses() === "10.0.97.1 10.0.97.2");
    open.splice(open.indexOf(cluster), 1);
    nodes.close();
  });
});
