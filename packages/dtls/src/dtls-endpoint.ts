import { Association } from "./association.ts";
import type { EndpointOptions } from "./config.ts";
import type { Connection } from "./connection.ts";
import { DatagramReceiver } from "./datagram-receiver.ts";
import type { ConnectOptions, Endpoint } from "./endpoint.ts";
import { parseEndpointOptions } from "./endpoint-config.ts";
import { EndpointCore, isOver } from "./endpoint-core.ts";
import { DtlsUsageError } from "./errors.ts";
import type { CertificateVerdict, DatagramOutcome, EndpointSink } from "./events.ts";
import { exportFrom } from "./export-keying-material.ts";
import { takeSignature, takeVerdict } from "./handshake/answers.ts";
import { startClientHandshake } from "./handshake/client.ts";
import { onDeadline } from "./handshake/progress.ts";
import { takePsk } from "./handshake/server.ts";
import type { Path, SocketAddress } from "./path.ts";
import { sendDuringCheck } from "./path-check.ts";
import { AlertDescription, AlertLevel } from "./record/alert.ts";
import { ContentType } from "./record/content-type.ts";
import { maximumSequence } from "./record/record-header.ts";
import type { ConnectionState } from "./state/connection-state.ts";
import { exportState } from "./state/export-state.ts";
import { importState, refreshState } from "./state/import-state.ts";
import { type SessionKeyBlock, sessionKeyBlock } from "./state/session-key-block.ts";
import type { EndpointStats } from "./stats.ts";

/**
 * Creates an endpoint: all DTLS associations of one UDP socket.
 * @param sink receives datagrams, data and events, from within the endpoint's own methods.
 * @throws DtlsUsageError for an option that is not acceptable.
 */
export function createEndpoint(options: EndpointOptions, sink: EndpointSink): Endpoint {
  return new DtlsEndpoint(options, sink);
}

class DtlsEndpoint implements Endpoint {
  readonly #core: EndpointCore;
  readonly #receiver: DatagramReceiver;

  constructor(options: EndpointOptions, sink: EndpointSink) {
    this.#core = new EndpointCore(parseEndpointOptions(options), sink);
    this.#receiver = new DatagramReceiver(this.#core);
  }

  receive(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): DatagramOutcome {
    return this.#receiver.receive(datagram, address, port, via, now);
  }

  connect(path: Path, options: ConnectOptions, now: number): Connection {
    if (!this.#core.config.isClient) {
      throw new DtlsUsageError("connect: role is server, but must be client or both");
    }
    if (this.#core.isSealedForEver) {
      throw new DtlsUsageError("connect: the endpoint is sealed for ever");
    }
    return startClientHandshake(this.#core, path, options, now);
  }

  providePsk(connection: Connection, psk: Uint8Array | undefined, now: number): void {
    const association = ownAssociation(connection);
    if (this.#core.isSealedForEver) return;
    takePsk(this.#core, association, psk);
    this.#receiver.receiveHeld(association, now);
  }

  judgeCertificate(connection: Connection, verdict: CertificateVerdict, now: number): void {
    const association = ownAssociation(connection);
    if (this.#core.isSealedForEver) return;
    takeVerdict(this.#core, association, verdict, now);
    this.#receiver.receiveHeld(association, now);
  }

  provideSignature(connection: Connection, signature: Uint8Array | undefined, now: number): void {
    const association = ownAssociation(connection);
    if (this.#core.isSealedForEver) return;
    takeSignature(this.#core, association, signature, now);
  }

  exportKeyingMaterial(
    connection: Connection,
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array | undefined {
    return exportFrom(this.#core, ownAssociation(connection), label, context, length);
  }

  send(connection: Connection, payload: Uint8Array, now: number): boolean {
    const association = ownAssociation(connection);
    const { sealer } = association;
    if (association.phase !== "connected" || sealer === undefined) return false;
    if (this.#core.isSealedForEver) return false;
    if (payload.length > association.maxPayload) {
      throw new DtlsUsageError(
        `payload has ${payload.length} bytes, but must have at most ${association.maxPayload}`,
      );
    }
    const datagram = sealer.sealDatagram(ContentType.applicationData, payload);
    if (datagram === undefined) {
      this.#core.closeAtLimit(association, "sequence-number", now);
      return false;
    }
    this.#core.counters.recordsSealed += 1;
    association.isDirty = true;
    const { pathCheck } = association;
    if (pathCheck === undefined) this.#core.transmit(datagram, association.path);
    else sendDuringCheck(this.#core, association, pathCheck, datagram);
    return true;
  }

  close(connection: Connection, now: number): void {
    const association = ownAssociation(connection);
    if (isOver(association)) return;
    if (association.phase === "connected") {
      this.#core.sendAlert(association, AlertLevel.warning, AlertDescription.closeNotify);
    }
    this.#core.forget(association, { kind: "closed-locally" }, now);
  }

  redirect(connection: Connection, path: Path): void {
    const association = ownAssociation(connection);
    if (isOver(association)) return;
    const held = association.pathCheck?.held ?? [];
    // The timer of a check finds nothing to do.
    association.pathCheck = undefined;
    this.#core.setPath(association, path);
    for (const datagram of held) this.#core.transmit(datagram, path);
    association.isDirty = true;
  }

  keyBlock(connection: Connection, extraKeys: number): SessionKeyBlock | undefined {
    if (!Number.isInteger(extraKeys) || extraKeys < 0 || extraKeys > 16) {
      throw new DtlsUsageError(`extraKeys is ${extraKeys}, but must be an integer from 0 to 16`);
    }
    return sessionKeyBlock(this.#core, ownAssociation(connection), extraKeys);
  }

  snapshot(connection: Connection, now: number): ConnectionState | undefined {
    const association = ownAssociation(connection);
    const state = exportState(this.#core, association, now);
    if (state !== undefined) association.isDirty = false;
    return state;
  }

  exportConnection(connection: Connection, now: number): ConnectionState | undefined {
    const association = ownAssociation(connection);
    const state = exportState(this.#core, association, now);
    if (state !== undefined) this.#core.forget(association, { kind: "exported" }, now);
    return state;
  }

  importConnection(state: ConnectionState, now: number): Connection {
    return importState(this.#core, state, now);
  }

  refreshConnection(connection: Connection, state: ConnectionState, now: number): boolean {
    return refreshState(this.#core, ownAssociation(connection), state, now);
  }

  sealForEver(): void {
    this.#core.isSealedForEver = true;
    for (const association of this.#core.byAddress.rows()) association.sealer?.sealForEver();
  }

  advanceSequences(sequence: number): void {
    if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence > maximumSequence) {
      throw new DtlsUsageError(
        `sequence is ${sequence}, but must be an integer from 0 to ${maximumSequence}`,
      );
    }
    if (sequence <= this.#core.minimumSequence) return;
    this.#core.minimumSequence = sequence;
    for (const association of this.#core.byAddress.rows()) {
      association.sealer?.advanceTo(sequence);
      association.isDirty = true;
    }
  }

  connections(): IterableIterator<Connection> {
    const connected: Connection[] = [];
    for (const row of this.#core.byAddress.rows())
      if (row.phase === "connected") connected.push(row);
    return connected.values();
  }

  handleTimeout(now: number): void {
    const { deadlines, isSealedForEver } = this.#core;
    if (isSealedForEver) return;
    for (;;) {
      const association = deadlines.takeDue(now);
      if (association === undefined) return;
      onDeadline(this.#core, association, now);
    }
  }

  nextTimeout(): number | undefined {
    return this.#core.isSealedForEver ? undefined : this.#core.deadlines.next;
  }

  stats(): EndpointStats {
    return this.#core.counters.snapshot();
  }
}

/** The only implementation of the public interface. */
function ownAssociation(connection: Connection): Association {
  if (connection instanceof Association) return connection;
  throw new DtlsUsageError("connection was not made by an endpoint of this package");
}
