import type { Association } from "../association.ts";
import { isSuccess } from "../code.ts";
import { editOptions } from "../edit-options.ts";
import { messageLength, writeBody, writeHeader } from "../encode-message.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import type { CoapResponse } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { OptionNumber } from "../option.ts";
import type { ServerRole } from "../server-role.ts";
import { ServerRow } from "../server-row.ts";
import { type ObservationEnd, ObservationRow, type WaitingNotification } from "./observation.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** Observations of peers: who wants to be notified, and each notification's fate (RFC 7641). */
export class ObservingServer<T> {
  readonly #core: EndpointCore<T>;
  readonly #server: ServerRole<T>;

  constructor(core: EndpointCore<T>, server: ServerRole<T>) {
    this.#core = core;
    this.#server = server;
  }

  /** What the Observe option of a request asks for; undefined when the client shall not be notified. */
  observe(row: ServerRow<T>, request: CoapMessage, now: number): ObservationRow<T> | undefined {
    const wish = request.uintOption(OptionNumber.observe);
    const { peer } = row;
    if (wish === undefined || !row.isOpen || row instanceof ObservationRow) return undefined;
    const older = this.find(peer, request.bytes);
    if (wish !== 0) {
      if (wish === 1 && older !== undefined) this.end(older, "deregistered", now);
      return undefined;
    }
    // A registration that is repeated goes on counting: its notifications must stay newer than the old ones.
    const sequence = older === undefined ? 0 : older.sequence;
    if (older !== undefined) this.end(older, "replaced", now);
    const count = peer.observations?.length ?? 0;
    if (count >= this.#core.limits.maxObservationsPerPeer) return undefined;
    const observation = new ObservationRow<T>(peer, request.copy(), sequence, now);
    this.#add(observation);
    row.observation = observation;
    return observation;
  }

  /** Takes an observation over from another process. */
  adopt(
    peer: Association<T>,
    request: CoapMessage,
    sequence: number,
    now: number,
  ): ObservationRow<T> {
    const observation = new ObservationRow<T>(peer, request, sequence, now);
    this.#add(observation);
    return observation;
  }

  /** Joins a confirmable notification that another process sent with its observation. */
  adoptNotification(row: ServerRow<T>, message: Uint8Array): void {
    const observation = this.find(row.peer, message);
    if (observation === undefined) return;
    row.observation = observation;
    observation.inFlight = row;
  }

  /** The observation with the token of a message. */
  find(peer: Association<T>, message: Uint8Array): ObservationRow<T> | undefined {
    return peer.observations?.find((observation) => observation.hasTokenOf(message));
  }

  /** The options of the first response: with Observe, unless it is an error, which ends the observation. */
  firstResponse(observation: ObservationRow<T>, response: CoapResponse, now: number): CoapResponse {
    if (!observation.isOpen) return response;
    if (!isSuccess(response.code)) {
      this.end(observation, "error", now);
      return response;
    }
    return { ...response, options: this.#numbered(observation, response.options) };
  }

  /** Sends the new state, or keeps it until the one before is acknowledged. False when nothing can be sent. */
  notify(observation: ObservationRow<T>, response: CoapResponse, now: number): boolean {
    if (!observation.isOpen) return false;
    const isLast = !isSuccess(response.code);
    const { code, payload = NOTHING } = response;
    const options = isLast
      ? editOptions(response.options, [OptionNumber.observe], [])
      : this.#numbered(observation, response.options);
    this.#core.checkLength(messageLength(observation.tokenLength, options, payload));
    if (observation.inFlight !== undefined && !isLast) {
      observation.waiting = { code, options, payload: new Uint8Array(payload) };
      return true;
    }
    if (observation.inFlight !== undefined) this.#server.giveUp(observation.inFlight);
    const isConfirmable = isLast || this.#isConfirmationDue(observation, now);
    const isSent = this.#send(observation, { code, options, payload }, isConfirmable, now);
    if (isLast) this.end(observation, "error", now);
    return isSent;
  }

  /** An ACK came for a confirmable notification. */
  acknowledged(row: ServerRow<T>, now: number): void {
    const { observation } = row;
    if (observation?.inFlight !== row) return;
    observation.inFlight = undefined;
    observation.confirmedAt = now;
    const { waiting } = observation;
    observation.waiting = undefined;
    if (waiting !== undefined && observation.isOpen) this.#send(observation, waiting, false, now);
  }

  /** A RST came, or no ACK at all, for a confirmable notification. */
  refused(row: ServerRow<T>, reason: "reset" | "timeout", now: number): void {
    const { observation } = row;
    if (observation?.inFlight === row) this.end(observation, reason, now);
  }

  /** A RST came that belongs to nothing else: false when to no notification either. */
  reset(peer: Association<T>, messageId: number, now: number): boolean {
    const observation = peer.observations?.find(({ lastMessageId }) => lastMessageId === messageId);
    if (observation !== undefined) this.end(observation, "reset", now);
    return observation !== undefined;
  }

  /** The message to send instead of repeating an old state (RFC 7641 section 4.5.2). */
  newerMessage(row: ServerRow<T>, now: number): Uint8Array | undefined {
    const { observation } = row;
    const waiting = observation?.inFlight === row ? observation.waiting : undefined;
    if (observation === undefined || waiting === undefined) return undefined;
    const ownId = this.#core.takeMessageId(row.peer, now);
    if (ownId < 0) return undefined;
    observation.waiting = undefined;
    row.ownMessageId = ownId;
    return this.#encode(observation, waiting, MessageType.confirmable, ownId);
  }

  end(observation: ObservationRow<T>, reason: ObservationEnd, now: number): void {
    if (!observation.isOpen) return;
    const { peer, inFlight } = observation;
    observation.isOpen = false;
    observation.waiting = undefined;
    observation.inFlight = undefined;
    peer.mark += 1;
    peer.observations = peer.observations?.filter((other) => other !== observation);
    if (peer.observations?.length === 0) peer.observations = undefined;
    // The last state still reaches a client that is only slow; one that is gone or said no gets nothing more.
    if (inFlight?.message !== undefined && reason !== "error") this.#server.giveUp(inFlight);
    this.#core.sink.observationEnded?.(observation, reason, now);
  }

  closePeer(peer: Association<T>, now: number): void {
    while (peer.observations?.[0] !== undefined) this.end(peer.observations[0], "closed", now);
  }

  #add(observation: ObservationRow<T>): void {
    const { peer } = observation;
    if (peer.observations === undefined) peer.observations = [observation];
    else peer.observations.push(observation);
    peer.mark += 1;
  }

  #isConfirmationDue(observation: ObservationRow<T>, now: number): boolean {
    const { confirmEvery, confirmAfterMs } = this.#core.notifications;
    return (
      observation.unconfirmed + 1 >= confirmEvery || now - observation.confirmedAt >= confirmAfterMs
    );
  }

  #numbered(observation: ObservationRow<T>, options: CoapResponse["options"]): Uint8Array {
    observation.sequence = (observation.sequence + 1) & 0xffffff;
    observation.peer.mark += 1;
    return editOptions(
      options,
      [OptionNumber.observe],
      [{ number: OptionNumber.observe, value: observation.sequence }],
    );
  }

  #send(
    observation: ObservationRow<T>,
    notification: WaitingNotification,
    isConfirmable: boolean,
    now: number,
  ): boolean {
    const { peer } = observation;
    const ownId = this.#core.takeMessageId(peer, now);
    if (ownId < 0) return false;
    const type = isConfirmable ? MessageType.confirmable : MessageType.nonConfirmable;
    const message = this.#encode(observation, notification, type, ownId);
    if (isConfirmable) {
      const row = new ServerRow<T>(peer, -1, true, message, now);
      row.isOpen = false;
      row.observation = observation;
      observation.inFlight = row;
      observation.unconfirmed = 0;
      this.#server.sendConfirmable(row, message, now);
    } else {
      observation.lastMessageId = ownId;
      observation.unconfirmed += 1;
      this.#core.transmit(peer, message);
    }
    return true;
  }

  #encode(
    observation: ObservationRow<T>,
    { code, options, payload }: WaitingNotification,
    type: MessageType,
    ownId: number,
  ): Uint8Array {
    const { tokenLength } = observation;
    const message = this.#core.pool.allocate(messageLength(tokenLength, options, payload));
    writeHeader(message, type, tokenLength, code, ownId);
    observation.writeToken(message);
    writeBody(message, 4 + tokenLength, options, payload);
    return message;
  }
}
