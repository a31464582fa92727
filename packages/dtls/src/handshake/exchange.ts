import type { EndpointConfig } from "../endpoint-config.ts";
import type { DtlsError } from "../errors.ts";
import type { Path } from "../path.ts";
import { PlainRecordWriter } from "../protection/record-writer.ts";
import type { ClientState } from "./client-states.ts";
import type { FlightItem } from "./flight.ts";
import { Reassembler } from "./reassembler.ts";
import type { ServerState } from "./server-states.ts";
import { Transcript } from "./transcript.ts";

/**
 * What one handshake needs while it lasts, in either role: messages in and out, the current flight and
 * its timers. The state proper, with what each expected message may know, is `state`.
 */
export class Exchange {
  state: ClientState | ServerState;
  transcript: Transcript = new Transcript();
  readonly plainWriter: PlainRecordWriter;
  readonly reassembler: Reassembler;
  /** `message_seq` of the next message to send. */
  nextMessageSequence: number;

  flight: readonly FlightItem[] = [];
  /** Current retransmission timeout, in milliseconds. */
  timeoutMs: number;
  retransmissions = 0;
  /** Largest datagram of flights, as far as losses taught it; Infinity while there were few. */
  flightMtu: number = Number.POSITIVE_INFINITY;
  /** When to repeat the flight; Infinity while the next flight of the peer is on its way. */
  retransmitAt: number = Number.POSITIVE_INFINITY;
  /** When the handshake is given up; Infinity while retransmissions bound it. */
  expiresAt: number = Number.POSITIVE_INFINITY;

  /** A ChangeCipherSpec came; records of epoch 1 count only from then on. */
  hasChangeCipherSpec = false;
  /** The latest record of epoch 1 that came before it could be opened, and how it came. */
  heldRecord: { readonly bytes: Uint8Array; readonly path: Path } | undefined = undefined;
  /** On a server: what tells a repetition of the accepted ClientHello from a new one. */
  acceptedHello: { readonly random: Uint8Array; readonly messageSequence: number } | undefined =
    undefined;
  /** An unauthenticated fatal alert: believed only if the peer says nothing else until the next timeout. */
  suspectedFailure: DtlsError | undefined = undefined;

  constructor(
    state: ClientState | ServerState,
    config: EndpointConfig,
    first: {
      readonly recordSequence: number;
      readonly messageSequence: number;
      readonly expected: number;
    },
  ) {
    const { limits } = config;
    this.state = state;
    this.plainWriter = new PlainRecordWriter(first.recordSequence);
    this.nextMessageSequence = first.messageSequence;
    this.reassembler = new Reassembler(
      first.expected,
      limits.maxHandshakeMessageLength,
      limits.maxReassemblyBytes,
    );
    this.timeoutMs = config.retransmissionTimeoutMs;
  }

  /** A message of the own next flight; it goes into the transcript. */
  message(type: number, body: Uint8Array, epoch: 0 | 1 = 0): FlightItem {
    const message = { type, messageSequence: this.nextMessageSequence, body };
    this.nextMessageSequence += 1;
    this.transcript.add(message);
    return { kind: "message", epoch, message };
  }

  /** The peer's next flight has begun to arrive: it repeats what gets lost, so this side need not. */
  stopRetransmission(expiresAt: number): void {
    if (this.retransmitAt === Number.POSITIVE_INFINITY) return;
    this.retransmitAt = Number.POSITIVE_INFINITY;
    this.expiresAt = Math.min(this.expiresAt, expiresAt);
    this.suspectedFailure = undefined;
  }
}
