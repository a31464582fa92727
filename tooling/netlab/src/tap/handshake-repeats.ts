import { readRecords } from "@dtls-cluster/testkit";

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER = 12;

/**
 * Counts handshake messages that were sent again: the same message number of the same side in another
 * record, between two first ClientHellos of an address. Sealed ones (Finished) cannot be seen.
 */
export class HandshakeRepeats {
  readonly #seen = new Map<string, Map<number, number>>();
  readonly #cidLengthToServer: number;
  #repeats = 0;

  constructor(cidLengthToServer: number) {
    this.#cidLengthToServer = cidLengthToServer;
  }

  get count(): number {
    return this.#repeats;
  }

  /** @param client address and port of the client's side. */
  observe(datagram: Uint8Array, client: string, isToServer: boolean): void {
    if (datagram[0] !== HANDSHAKE) return;
    const cidLength = isToServer ? this.#cidLengthToServer : 0;
    for (const { contentType, epoch, fragment, sequence } of readRecords(datagram, cidLength)
      .records) {
      if (contentType !== HANDSHAKE || epoch !== 0 || fragment.length < MESSAGE_HEADER) continue;
      this.#message(fragment, sequence, client, isToServer);
    }
  }

  #message(fragment: Uint8Array, record: number, client: string, isToServer: boolean): void {
    const number = ((fragment[4] ?? 0) << 8) | (fragment[5] ?? 0);
    const offset = ((fragment[6] ?? 0) << 16) | ((fragment[7] ?? 0) << 8) | (fragment[8] ?? 0);
    const isFirstHello = fragment[0] === CLIENT_HELLO && number === 0;
    let messages = this.#seen.get(client);
    if (messages === undefined || (isFirstHello && record === 0)) {
      messages = new Map();
      this.#seen.set(client, messages);
    }
    const key = (number * 0x100_0000 + offset) * 2 + (isToServer ? 1 : 0);
    const known = messages.get(key);
    if (known === undefined) messages.set(key, record);
    else if (known !== record) this.#repeats += 1;
  }
}
