import { eventually } from "@dtls-cluster/testkit";
import { describeDatagramSocket } from "@dtls-cluster/testkit/datagram-socket-compliance";
import { expect, test } from "vitest";
import { openSocket, UdpError } from "../src/index.ts";

const any = { address: "127.0.0.1", port: 0, warn: () => undefined };

/** Why batches cannot be tested here; printed by the test that is then the only one. */
async function unavailable(): Promise<string | undefined> {
  const socket = await openSocket({ ...any, batch: "auto" }, { receive: () => undefined });
  await socket.close();
  const { implementation, batchUnavailable } = socket.statistics();
  return implementation === "batch" ? undefined : batchUnavailable;
}

const reason = await unavailable();

if (reason === undefined) {
  for (const address of ["127.0.0.1", "::1"]) {
    describeDatagramSocket(`batches on ${address}`, () => ({
      open: (receiver) => openSocket({ ...any, address, batch: "on" }, receiver),
      until: eventually,
    }));
  }
} else {
  test(`batches are not available here: ${reason}`, async () => {
    await expect(
      openSocket({ ...any, batch: "on" }, { receive: () => undefined }),
    ).rejects.toBeInstanceOf(UdpError);
  });
}
