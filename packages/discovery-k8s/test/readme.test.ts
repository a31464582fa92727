import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { afterEach, expect, it } from "vitest";
import { KubernetesNodes } from "../src/index.ts";
import { meter, TestCluster } from "./support/cluster.ts";

let cluster: TestCluster | undefined;
afterEach(() => cluster?.close());

it("has an example that runs", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const code = stripTypeScriptTypes(example)
    .replace(/^import .*$/gm, "")
    .replace("export ", "");
  const lookAround = new Function("KubernetesNodes", `${code}; return lookAround;`)(
    KubernetesNodes,
  );
  cluster = await TestCluster.start(meter("m-a-0"), meter("m-a-1"));
  expect(await lookAround("m-a-0", `localhost:${cluster.api.port}`, cluster.account)).toEqual({
    initialNodes: 3,
    others: [{ address: "10.0.97.1", port: 5884 }],
    begins: "own",
  });
});
