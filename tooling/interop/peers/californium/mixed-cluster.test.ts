import { expect, test } from "vitest";
import {
  CaliforniumClient,
  type CaliforniumRelease,
  type ClusterLevel,
  MixedCluster,
} from "../../src/index.ts";
import { keep } from "../keep.ts";
import { runBenchmark } from "../run-benchmark.ts";
import { describeReleases } from "./releases.ts";

const secret = ".fornium";
const levels: readonly ClusterLevel[] = ["udp", "dtls", "dtls-mac"];
const mixtures = [
  { name: "two of theirs and one of ours", kinds: ["theirs", "theirs", "ours"] },
  { name: "one of theirs and two of ours", kinds: ["theirs", "ours", "ours"] },
] as const;
const cases = levels.flatMap((level) => mixtures.map((mixture) => ({ level, ...mixture })));

/** The last node is ours, the first theirs. */
async function start(
  release: CaliforniumRelease,
  level: ClusterLevel,
  kinds: readonly ("theirs" | "ours")[],
): Promise<MixedCluster> {
  const cluster = keep(await MixedCluster.start({ release, level, kinds, secret }));
  for (const id of cluster.ids) {
    for (const other of cluster.ids) if (other !== id) await cluster.found(id, other);
  }
  return cluster;
}

describeReleases("a mixed cluster", (release) => {
  test.each(cases)(
    "$level, $name: every node answers for every other one",
    async ({ level, kinds }) => {
      const cluster = await start(release, level, kinds);
      for (const home of cluster.ids) {
        const client = keep(
          await CaliforniumClient.start(release, {
            port: cluster.publicPort(home),
            identity: `cali.${home}`,
            secret,
          }),
        );
        for (const through of [home, ...cluster.ids, home]) {
          await client.reachThrough(cluster.publicPort(through));
          expect(await client.post(50, 100)).toMatchObject({
            code: "2.04",
            bytes: 50,
            handshakes: 1,
            retransmissions: 0,
          });
        }
      }
      const ours = cluster.ids.length;
      expect(await cluster.theirs(1).counters()).toMatchObject({
        forwarded: ours - 1,
        "process forwarded": ours - 1,
        backwarded: ours - 1,
        "send backwarded": ours - 1,
        "bad forward": 0,
        "bad backward": 0,
        "drop forward": 0,
        "drop backward": 0,
      });
    },
    90_000,
  );

  test.each(cases)(
    "$level, $name: a load that is spread over all nodes",
    async ({ level, kinds }) => {
      const cluster = await start(release, level, kinds);
      const uris = cluster.ids.map(
        (id) => `coaps://127.0.0.1:${cluster.publicPort(id)}/benchmark?rlen=40`,
      );
      const report = await runBenchmark(
        ...["--psk", `cali.*:${secret}`, "--clients", "30", "--requests", "3000", "--spread"],
        ...uris,
      );
      expect(report).toMatchObject({
        responses: 3000,
        handshakes: 30,
        failedHandshakes: 0,
        transmissionErrors: 0,
      });
    },
    90_000,
  );
});
