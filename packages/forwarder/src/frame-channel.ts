import type { ClusterNode } from "@dtls-cluster/nodes";
import {
  AddressTexts,
  checkForwardFrame,
  decodeForwardFrame,
  encodeForwardFrame,
  type ForwardFrame,
  type ForwardFrameRules,
  type ForwardFrameType,
  type SocketAddress,
  strictMinimumPayload,
} from "@dtls-cluster/wire";
import { FrameSlab } from "./frame-slab.ts";
import type { FrameProtection } from "./protection.ts";

/** A change_cipher_spec record, the shortest there is. */
const shortestRecord = 14;

/** Why a received frame is not used. */
export type FrameRefusal = "malformed" | "forged" | "no-keys";

/** Writes and reads frames at the protection level of the channel, by the rules of either kind of peer. */
export class FrameChannel {
  readonly #protection: FrameProtection | undefined;
  readonly #macLength: 0 | 8;
  readonly #strictRules: ForwardFrameRules;
  readonly #rules: ForwardFrameRules;
  readonly #innerRules: ForwardFrameRules;
  readonly #allocate: (length: number) => Uint8Array;

  constructor(protection: FrameProtection | undefined) {
    this.#protection = protection;
    this.#macLength = protection === undefined ? 0 : 8;
    const texts = new AddressTexts();
    const slab = new FrameSlab();
    this.#allocate = (length) => slab.take(length);
    this.#strictRules = { macLength: this.#macLength, texts };
    this.#rules = { macLength: this.#macLength, minimumPayload: shortestRecord, texts };
    this.#innerRules = { macLength: 0, minimumPayload: shortestRecord, texts };
  }

  /** The frame for `peer`; undefined when it cannot be built, sealed, or would not be taken there. */
  seal(
    type: ForwardFrameType,
    about: SocketAddress,
    payload: Uint8Array,
    peer: SocketAddress,
    isOurs: boolean,
  ): Uint8Array | undefined {
    if (payload.length < (isOurs ? shortestRecord : strictMinimumPayload)) return undefined;
    const { address, port } = about;
    const frame = encodeForwardFrame(type, address, port, payload, this.#macLength, this.#allocate);
    if (frame === undefined || this.#protection === undefined) return frame;
    const macOffset = 4 + (frame[3] ?? 0);
    return this.#protection.seal(frame, macOffset, peer) ? frame : undefined;
  }

  /** Reads a frame of `node` into `frame`: lengths first, then the MAC, then the rest. */
  open(datagram: Uint8Array, node: ClusterNode, frame: ForwardFrame): FrameRefusal | undefined {
    const rules = node.instance === undefined ? this.#strictRules : this.#rules;
    if (this.#protection !== undefined) {
      const macOffset = checkForwardFrame(datagram, rules);
      if (typeof macOffset === "string") return "malformed";
      const verdict = this.#protection.verify(datagram, macOffset, node.address, node.port);
      if (verdict !== "authentic") return verdict;
    }
    return decodeForwardFrame(datagram, rules, frame) === undefined ? undefined : "malformed";
  }

  /** Writes the frame that a relay frame carries; the MAC of the outer one covers its header. */
  wrapInner(
    type: ForwardFrameType,
    client: SocketAddress,
    payload: Uint8Array,
  ): Uint8Array | undefined {
    return encodeForwardFrame(type, client.address, client.port, payload, 0);
  }

  /** Reads the frame that a relay frame carries; false when it is none of the expected type. */
  openInner(datagram: Uint8Array, type: ForwardFrameType, frame: ForwardFrame): boolean {
    return (
      datagram[0] === type && decodeForwardFrame(datagram, this.#innerRules, frame) === undefined
    );
  }
}
