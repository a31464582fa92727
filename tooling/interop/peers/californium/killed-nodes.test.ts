import { expect, test } from "vitest";
import { CaliforniumClient, type ClusterLevel, MixedCluster } from "../../src/index.ts";
import { keeper } from "../keep.ts";
import { describeReleases } from "./releases.ts";

const secret = ".fornium";
const levels: readonly ClusterLevel[] = ["udp", "dtls", "dtls-mac"];
const mixtures = [
  { name: "two of theirs and one of ours", kinds: ["theirs", "theirs", "ours"] },
  { name: "one of theirs and two of ours", kinds: ["theirs", "ours", "ours"] },
] as const;
const cases = levels.flatMap((level) => mixtures.map((mixture) => ({ level, ...mixture })));

// All of them wait most of the time, for nodes to be given up.
describeReleases("nodes of either kind are killed and come back", (release) => {
  test.concurrent.for(cases)(
    "$level, $name",
    { timeout: 150_000 },
    async ({ level, kinds }, { onTestFinished }) => {
      const keep = keeper(onTestFinished);
      const cluster = keep(await MixedCluster.start({ release, level, kinds, secret }));
      for (const id of cluster.ids) {
        for (const other of cluster.ids) if (other !== id) await cluster.found(id, other);
      }
      // The first node is theirs, the last one ours.
      for (const victim of [1, cluster.ids.length]) {
        const others = cluster.ids.filter((id) => id !== victim);
        const before = new Map(others.map((id) => [id, cluster.printed(id)]));
        await cluster.kill(victim);
        await Promise.all(others.map((id) => cluster.expired(id, victim, before.get(id))));
        await cluster.startNode(victim);
        await Promise.all(others.map((id) => cluster.found(id, victim, before.get(id))));
        await Promise.all(others.map((id) => cluster.found(victim, id)));
        const client = keep(
          await CaliforniumClient.start(release, {
            port: cluster.publicPort(victim),
            identity: "cali.again",
            secret,
          }),
        );
        for (const through of cluster.ids) {
          await client.reachThrough(cluster.publicPort(through));
          expect(await client.post(20)).toMatchObject({ code: "2.04", handshakes: 1 });
        }
      }
    },
  );
});
