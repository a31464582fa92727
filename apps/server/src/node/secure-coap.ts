import {
  type CoapEndpoint,
  type CoapPeer,
  type CoapSink,
  createCoapEndpoint,
  type Resources,
} from "@dtls-cluster/coap";
import {
  type CloseReason,
  type Connection,
  createEndpoint,
  type Endpoint,
  type EndpointEvent,
  type EndpointOptions,
  type EndpointSink,
  type Path,
} from "@dtls-cluster/dtls";
import type { ServerConfig } from "../config/config.ts";
import type { Logger } from "../log.ts";
import { CertificateAnswers } from "./certificate-answers.ts";
import { LineBudget } from "./line-budget.ts";

export interface SecureCoapOptions {
  readonly dtls: EndpointOptions;
  readonly config: Pick<ServerConfig, "psk" | "certificates">;
  /** Sends a sealed datagram: from the public socket, or through another node when the path has a `via`. */
  readonly transmit: (datagram: Uint8Array, path: Path) => void;
  readonly resources: Resources<Connection>;
  /** False: responses are not sealed and not sent, since another process may own the connections. */
  readonly maySend: () => boolean;
  readonly clock: () => number;
  readonly log: Logger;
}

/** Follows the connections while a handover moves them. */
export interface ConnectionWatcher {
  connected(connection: Connection): void;
  /** Called after the first record of application data was handled. */
  firstData(connection: Connection): void;
  closed(connection: Connection, reason: CloseReason): void;
}

/** A DTLS endpoint with a CoAP endpoint on top of it. */
export interface SecureCoap {
  watcher: ConnectionWatcher | undefined;
  readonly dtls: Endpoint;
  readonly coap: CoapEndpoint<Connection>;
  /** Clients without a pre-shared key have to show a certificate or a raw public key. */
  readonly needsClientCertificate: boolean;
  /** The CoAP peer of a connection, made when it is first needed. */
  peerOf(connection: Connection): CoapPeer<Connection>;
}

/**
 * Joins the two: each connection carries its CoAP peer in its `attachment`, so that a record
 * reaches its exchanges without a lookup.
 */
export function createSecureCoap(options: SecureCoapOptions): SecureCoap {
  const lines = new LineBudget(10);
  const { config, log } = options;
  const certificates = config.certificates && new CertificateAnswers(config.certificates, log);
  const coapSink: CoapSink<Connection> = {
    transmit(peer, message) {
      if (!options.maySend()) return;
      if (message.length > peer.transport.maxPayload) {
        sayTooLong(options, lines, message.length, peer.transport.maxPayload);
        return;
      }
      dtls.send(peer.transport, message, options.clock());
    },
    messageLimit: (peer) => peer.transport.maxPayload,
    request: (exchange, request, now) => options.resources.handle(coap, exchange, request, now),
    observed: (observation, now) => options.resources.observed(coap, observation, now),
    observationEnded: (observation) => options.resources.observationEnded(observation),
  };
  const peerOf = (connection: Connection): CoapPeer<Connection> => {
    connection.attachment ??= coap.openPeer(connection);
    return connection.attachment as CoapPeer<Connection>;
  };
  const dtlsSink: EndpointSink = {
    transmit: options.transmit,
    data(connection, payload, now) {
      const isFirst = connection.attachment === undefined;
      coap.receive(peerOf(connection), payload, now);
      if (isFirst) secure.watcher?.firstData(connection);
    },
    event: (event, now) => handleEvent(event, now),
  };
  const coap = createCoapEndpoint<Connection>({ entropy: options.dtls.entropy }, coapSink);
  const dtls = createEndpoint(options.dtls, dtlsSink);

  const handleEvent = (event: EndpointEvent, now: number): void => {
    switch (event.type) {
      case "psk-needed":
        dtls.providePsk(event.connection, config.psk.find(event.identity), now);
        break;
      case "closed": {
        const peer = event.connection.attachment as CoapPeer<Connection> | undefined;
        if (peer !== undefined) coap.closePeer(peer, now);
        event.connection.attachment = undefined;
        secure.watcher?.closed(event.connection, event.reason);
        logClosed(options.log, event);
        break;
      }
      case "connected":
        secure.watcher?.connected(event.connection);
        break;
      case "peer-certificate":
      case "signature-needed":
        certificates?.answer(dtls, event, now);
        break;
      case "path-changed":
        break;
    }
  };
  const needsClientCertificate = config.certificates?.clientAuthentication === "required";
  const secure: SecureCoap = { watcher: undefined, dtls, coap, needsClientCertificate, peerOf };
  return secure;
}

/** Clients choose what they ask for, so they must not choose how long the log gets. */
function sayTooLong(
  { log, clock }: SecureCoapOptions,
  lines: LineBudget,
  bytes: number,
  limit: number,
): void {
  if (!lines.take(clock())) return;
  const leftOut = lines.takeLeftOut();
  log.warn(
    { event: "message-too-long", bytes, limit, leftOut },
    "a message does not fit a record within the MTU and was not sent",
  );
}

function logClosed(log: Logger, event: EndpointEvent & { readonly type: "closed" }): void {
  const { reason, connection } = event;
  if (reason.kind !== "failed") return;
  log.debug(
    { event: "connection-failed", code: reason.error.code, peer: connection.path.address },
    reason.error.message,
  );
}
