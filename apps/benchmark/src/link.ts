/** What a client sends its CoAP messages through: DTLS, or nothing but UDP. */
export interface Link {
  /** False when {@link connect} only opens the way: there is no handshake to count. */
  readonly hasHandshake: boolean;
  /** Starts to connect; the owner is told how it ends. */
  connect(now: number): void;
  /** @returns false when the link is not up: nothing was sent. */
  send(message: Uint8Array, now: number): boolean;
  receive(datagram: Uint8Array, now: number): void;
  /** Says goodbye to the server and forgets everything; the owner is not told. */
  close(now: number): void;
  /** True when the server gave a CID, so that records find it from any address and through any node. */
  readonly hasServerConnectionId: boolean;
}

/** The side of a {@link Link} that the client implements. */
export interface LinkOwner {
  /** @param onlyHome handshake datagrams must reach the node that the client began with. */
  transmit(datagram: Uint8Array, onlyHome: boolean): void;
  /** `message` is valid only during the call. */
  message(message: Uint8Array, now: number): void;
  linkUp(now: number): void;
  /** The handshake failed, or the link ended. @param reason a short stable word, such as `alert-40`. */
  linkDown(reason: string, now: number): void;
}
