import { eventually } from "@dtls-cluster/testkit";
import { describeDatagramSocket } from "@dtls-cluster/testkit/datagram-socket-compliance";
import { openSocket } from "@dtls-cluster/udp";

for (const address of ["127.0.0.1", "::1"]) {
  describeDatagramSocket(`node:dgram on ${address}`, () => ({
    open: (receiver) => openSocket({ address, port: 0, warn: () => undefined }, receiver),
    until: eventually,
  }));
}
