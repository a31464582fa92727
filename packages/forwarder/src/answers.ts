import { createForwardFrame, FrameType, type SocketAddress } from "@dtls-cluster/wire";
import type { BackwardOutcome, ClusterOutcome } from "./counters.ts";
import type { ForwarderOptions, ForwarderSink } from "./forwarder-options.ts";
import type { FrameChannel } from "./frame-channel.ts";
import type { RelayedRouters } from "./relayed-routers.ts";

/** The way back of a record to the node whose public socket the client knows. */
export class Answers {
  readonly #options: ForwarderOptions;
  readonly #sink: ForwarderSink;
  readonly #channel: FrameChannel;
  readonly #routers: RelayedRouters;
  readonly #inner = createForwardFrame();

  constructor(
    options: ForwarderOptions,
    sink: ForwarderSink,
    channel: FrameChannel,
    routers: RelayedRouters,
  ) {
    this.#options = options;
    this.#sink = sink;
    this.#channel = channel;
    this.#routers = routers;
  }

  /** Sends a record to a client whose path leads through the node at `via`. */
  send(record: Uint8Array, client: SocketAddress, via: SocketAddress): BackwardOutcome {
    if (this.#options.backward === false) {
      this.#sink.sendPublic(record, client.address, client.port);
      return "backwardDirect";
    }
    const { table } = this.#options;
    const router = table.at(via.address, via.port);
    if (router !== undefined) {
      const isOurs = router.instance !== undefined;
      const frame = this.#channel.seal(FrameType.backward, client, record, router, isOurs);
      if (frame === undefined) return "dropBackward";
      this.#sink.sendCluster(frame, router);
      return "backwarded";
    }
    const relay = this.#routers.relayOf(via);
    if (relay === undefined || !table.isKnown(relay.address, relay.port)) return "dropBackward";
    const inner = this.#channel.wrapInner(FrameType.backward, client, record);
    if (inner === undefined) return "dropBackward";
    const frame = this.#channel.seal(FrameType.relayBackward, via, inner, relay, true);
    if (frame === undefined) return "dropBackward";
    this.#sink.sendCluster(frame, relay);
    return "backwardRelayed";
  }

  /** Passes the payload of the new owner's relay frame on to the router that `outer` names. */
  passOn(payload: Uint8Array, outer: SocketAddress): ClusterOutcome {
    const inner = this.#inner;
    if (!this.#channel.openInner(payload, FrameType.backward, inner)) return "dropMalformedFrame";
    const router = this.#options.table.at(outer.address, outer.port);
    if (router === undefined) return "dropUnknownRouter";
    const record = payload.subarray(inner.payloadOffset);
    const isOurs = router.instance !== undefined;
    const frame = this.#channel.seal(FrameType.backward, inner, record, router, isOurs);
    if (frame === undefined) return "dropRelay";
    this.#sink.sendCluster(frame, router);
    return "relayedBackward";
  }
}
