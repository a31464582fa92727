import { chunksOf, joinChunks } from "../chunks.ts";
import { type FuzzTarget, promise } from "../fuzz-target.ts";
import { DtlsWorld } from "./dtls-world.ts";

const MAX_HANDSHAKES = 4;

/** Datagrams of a stranger, from the address of a connected client and from elsewhere. */
export const dtlsDatagrams: FuzzTarget = {
  name: "dtls-datagrams",
  summary: "datagrams for a DTLS server with an established client, which nothing may disturb",
  seeds() {
    const world = new DtlsWorld();
    const datagrams: Uint8Array[] = [];
    world.connect(7001);
    for (let next = world.wire.shift(); next !== undefined; next = world.wire.shift()) {
      if (next.toServer) datagrams.push(Uint8Array.from(next.bytes));
      world.deliver(next);
    }
    return [joinChunks(datagrams), ...datagrams.map((datagram) => joinChunks([datagram]))];
  },
  run(input) {
    const limits = { maxHandshakes: MAX_HANDSHAKES, maxConnections: 8 };
    const world = new DtlsWorld({ limits });
    const connection = world.connect(7001);
    world.settle(10);
    promise(connection.phase === "connected", "a clean handshake succeeds");
    const outcomes: string[] = [];
    const before = world.wire.length;
    let bytesIn = 0;
    chunksOf(input).forEach((bytes, index) => {
      const clientPort = index % 2 === 0 ? 7001 : 7002;
      bytesIn += bytes.length;
      outcomes.push(world.deliver({ bytes, toServer: true, clientPort }));
    });
    // No state and no amplification without a cookie: each input can earn one answer, not longer than itself.
    const answers = world.wire.splice(before);
    const bytesOut = answers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    promise(answers.length <= outcomes.length, "a datagram has one answer at most");
    promise(bytesOut <= bytesIn, "no amplification");
    const { handshakes } = world.server.stats();
    promise(handshakes === 0, "no handshake without a valid cookie");
    promise(world.send(7001, connection, "still here"), "the client can send");
    world.settle(10);
    promise(world.received.at(-1) === "still here", "the established client is not disturbed");
    return outcomes.slice(0, 8).join();
  },
};
