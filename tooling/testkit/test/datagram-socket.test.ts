import { describeDatagramSocket } from "../src/datagram-socket-compliance.ts";
import { VirtualDatagramSocket, World } from "../src/index.ts";

describeDatagramSocket("virtual", () => {
  const world = new World();
  let port = 5000;
  return {
    open: (receiver) => {
      port += 1;
      const address = { address: "10.0.0.1", port };
      return Promise.resolve(new VirtualDatagramSocket(world, address, receiver));
    },
    until: (condition) => Promise.resolve().then(() => world.runUntil(condition)),
  };
});
