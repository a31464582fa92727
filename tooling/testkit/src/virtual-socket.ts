import type { Path, SocketAddress } from "@dtls-cluster/dtls";
import { TestkitError } from "./errors.ts";
import { formatAddress } from "./journal.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualNetwork } from "./virtual-network.ts";

/** What the world drives: the engine's `Endpoint` is one, and so is anything shaped like it. */
export interface SansIoEndpoint {
  receive(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): unknown;
  handleTimeout(now: number): void;
  nextTimeout(): number | undefined;
}

/** A host's UDP socket: {@link transmit} fits an endpoint's sink, {@link attach} gives it its input. */
export class VirtualSocket {
  readonly #network: VirtualNetwork;
  readonly #clock: VirtualClock;
  #address: SocketAddress;
  #unbind: () => void;
  #endpoint: SansIoEndpoint | undefined;
  #transmitVia: ((datagram: Uint8Array, path: Path) => void) | undefined;
  #isOpen = true;

  constructor(network: VirtualNetwork, clock: VirtualClock, address: SocketAddress) {
    this.#network = network;
    this.#clock = clock;
    this.#address = address;
    this.#unbind = network.bind(address, this.#receive);
  }

  get address(): SocketAddress {
    return this.#address;
  }

  /** The endpoint that is driven, while the socket is open. */
  get endpoint(): SansIoEndpoint | undefined {
    return this.#isOpen ? this.#endpoint : undefined;
  }

  /**
   * Hands what arrives, and the clock, to `endpoint`.
   * @param transmitVia takes the datagrams whose path goes through another cluster node.
   */
  attach(endpoint: SansIoEndpoint, transmitVia?: (datagram: Uint8Array, path: Path) => void): void {
    this.#endpoint = endpoint;
    this.#transmitVia = transmitVia;
  }

  /** Sends a datagram; bound, so that it can be put into a sink as it is. */
  readonly transmit = (datagram: Uint8Array, path: Path | SocketAddress): void => {
    if (!this.#isOpen) return;
    if ("via" in path && path.via !== undefined) {
      if (this.#transmitVia === undefined) {
        const via = formatAddress(path.via);
        throw new TestkitError(`${formatAddress(this.#address)}: no way to send via ${via}`);
      }
      this.#transmitVia(datagram, path);
      return;
    }
    this.#network.send(datagram, this.#address, path);
  };

  /** Takes another address, as a device with a new network or a client with a new socket does. */
  move(address: SocketAddress): void {
    this.#unbind();
    this.#unbind = this.#network.bind(address, this.#receive);
    this.#address = address;
    this.#isOpen = true;
  }

  /** From now on nothing arrives, nothing leaves and the endpoint sees no time pass. */
  close(): void {
    this.#unbind();
    this.#isOpen = false;
  }

  readonly #receive = (datagram: Uint8Array, from: SocketAddress): void => {
    this.#endpoint?.receive(datagram, from.address, from.port, undefined, this.#clock.now);
  };
}
