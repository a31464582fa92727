import { type CaliforniumRelease, TestNode, type TestNodeOptions } from "@dtls-cluster/interop";
import { freeUdpPorts } from "@dtls-cluster/testkit/free-ports";
import type { MeasuredServer, Peer } from "./peer.ts";

const LABEL = "dtls://bench";
/** As a server would run: all compilers, and no more threads for garbage than there are cores. */
const VIRTUAL_MACHINE = ["-Xms512m", "-Xmx2g", "-XX:+UseSerialGC"];
const COMMON: TestNodeOptions = {
  secret: ".fornium",
  cipher: ["TLS_PSK_WITH_AES_128_CCM_8"],
  label: LABEL,
  virtualMachine: VIRTUAL_MACHINE,
};

/** Californium's released connectors, in the server of the interoperation tests. */
export function californiumPeer(release: CaliforniumRelease): Peer {
  return {
    name: `Californium ${release.version}`,
    start: async () => measured(release, await TestNode.start(release, COMMON)),
    startPair: async () => {
      const ports = await freeUdpPorts(2);
      const nodes = await Promise.all(
        ports.map((port, index) =>
          TestNode.start(release, {
            ...COMMON,
            cluster: {
              nodeId: index + 1,
              port,
              nodes: ports.filter((other) => other !== port),
              initialNodes: 2,
              level: "udp",
            },
          }),
        ),
      );
      await Promise.all(nodes.map((node) => node.event("cluster-ready")));
      return nodes.map((node) => measured(release, node));
    },
  };
}

function measured(release: CaliforniumRelease, node: TestNode): MeasuredServer {
  return {
    pid: node.process.pid,
    coaps: `127.0.0.1:${node.port}`,
    memory: () => node.heap(),
    saveAndLoad: async (file) => {
      const saved = await node.save(file);
      await node.stop();
      const next = await TestNode.start(release, { ...COMMON, load: file });
      const loadMs = Number(next.events("loaded")[0]?.["ms"]);
      await next.stop();
      return { bytes: saved.bytes, saveMs: saved.ms, loadMs };
    },
    stop: () => node.stop(),
  };
}
