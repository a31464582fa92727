import { readFileSync } from "node:fs";
import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { createEndpoint, DtlsUsageError } from "@dtls-cluster/dtls";
import { CaliforniumStateError, readCaliforniumState } from "@dtls-cluster/state/californium";
import { Random } from "@dtls-cluster/testkit";
import { type FuzzTarget, promise } from "../fuzz-target.ts";

const vectors = new URL("../../../../packages/state/test/vectors/", import.meta.url);
const crypto = createNodeCrypto();

/** Connections that Californium is said to have saved. */
export const californiumState: FuzzTarget = {
  name: "californium-state",
  summary: "Californium's saved connections, up to their import into an endpoint",
  seeds: () => [Uint8Array.from(readFileSync(new URL("cf-state-plain.bin", vectors)).subarray(1))],
  run(input) {
    try {
      const read = readCaliforniumState(input, { wallTime: 1_790_000_000_000 });
      promise(read.connections.length + read.refused.length <= input.length, "no more than came");
      const endpoint = createEndpoint(
        { crypto, entropy: new Random(3), connectionId: { length: 6 } },
        { transmit: () => {}, data: () => {}, event: () => {} },
      );
      for (const state of read.connections) endpoint.importConnection(state, 0);
      const reasons = read.refused.flatMap((refused) => refused.reasons).join();
      return `${read.connections.length} ${reasons.replace(/0x\w+|\d+/g, "n").slice(0, 200)}`;
    } catch (error) {
      if (!(error instanceof CaliforniumStateError || error instanceof DtlsUsageError)) throw error;
      return error.message.replace(/\d+/g, "n").slice(0, 200);
    }
  },
};
