import { Forwarder } from "@dtls-cluster/forwarder";
import { Membership } from "@dtls-cluster/nodes";
import { Random } from "@dtls-cluster/testkit";
import {
  createCidLayout,
  decodePingFrame,
  encodeForwardFrame,
  encodePingFrame,
  FrameType,
  isForwardOrBackward,
  isPingOrPong,
  NodeState,
} from "@dtls-cluster/wire";
import { chunksOf, joinChunks } from "../chunks.ts";
import { type FuzzTarget, promise } from "../fuzz-target.ts";

const MAX_NODES = 8;
const RECORD = Uint8Array.of(
  25,
  254,
  253,
  0,
  1,
  0,
  0,
  0,
  0,
  0,
  9,
  2,
  1,
  2,
  3,
  4,
  5,
  0,
  30,
  ...new Uint8Array(30),
);

/** What reaches the public and the cluster socket of a node. */
export const clusterFrames: FuzzTarget = {
  name: "cluster-frames",
  summary: "pings, forwarded and relayed records, and the routing of public datagrams",
  seeds: () => {
    const ping = (type: "ping" | "pong", nodeId: number) =>
      encodePingFrame({
        type: FrameType[type],
        nodeId,
        state: NodeState.initialized,
        tail: { senderId: nodeId, flags: 0, generation: 3, instance: 77 },
      });
    const forward = (type: typeof FrameType.forward | typeof FrameType.backward) =>
      encodeForwardFrame(type, "192.0.2.7", 40_001, RECORD, 0) ?? RECORD;
    return [
      joinChunks([ping("ping", 2), forward(FrameType.forward), forward(FrameType.backward)]),
      joinChunks([ping("pong", 1), ping("ping", 300), RECORD]),
    ];
  },
  run(input) {
    const counts = { delivered: 0, cluster: 0, public: 0 };
    const entropy = new Random(2);
    const membership = new Membership(
      { nodeId: 1, instance: 1, initialNodes: 3, entropy, maxNodes: MAX_NODES },
      { send: () => void counts.cluster++, discover: () => {}, event: () => {} },
    );
    const layout = createCidLayout({ nodeId: 1, length: 6, entropy });
    const forwarder = new Forwarder(
      { layout, table: membership.table, maxHints: 4 },
      {
        deliver: (datagram) => {
          counts.delivered++;
          return (datagram[datagram.length - 1] ?? 0) % 2 === 0;
        },
        sendCluster: () => void counts.cluster++,
        sendPublic: () => void counts.public++,
      },
    );
    membership.start(0);
    const outcomes: string[] = [];
    chunksOf(input).forEach((chunk, now) => {
      const port = 5884 + (now % 3);
      outcomes.push(forwarder.receivePublic(chunk, "192.0.2.9", port, now));
      if (isForwardOrBackward(chunk)) {
        outcomes.push(forwarder.receiveCluster(chunk, "10.0.0.2", port, now));
      } else if (isPingOrPong(chunk)) {
        decodePingFrame(chunk);
        outcomes.push(membership.receive(chunk, "10.0.0.2", port, now));
      }
    });
    promise(membership.table.idCount <= MAX_NODES, "the table keeps its limit");
    promise(counts.public <= outcomes.length, "a frame makes one datagram at most");
    return outcomes.slice(0, 8).join();
  },
};
