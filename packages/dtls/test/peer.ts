import type { KeyObject } from "node:crypto";
import { createNodeCrypto, signHandshake } from "@dtls-cluster/crypto-node";
import { NonceAuditor, type VirtualSocket, World, type WorldOptions } from "@dtls-cluster/testkit";
import {
  type CertificateVerdict,
  type CloseReason,
  type Connection,
  type ConnectOptions,
  createEndpoint,
  type DatagramOutcome,
  type Endpoint,
  type EndpointEvent,
  type EndpointOptions,
  type Path,
  type PeerCertificate,
  type SocketAddress,
} from "../src/index.ts";

export const crypto = createNodeCrypto();
export const identity = utf8("device-1");
export const psk = utf8("a pre-shared key");
export const credentials = { pskIdentity: identity, psk };

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** An endpoint on a host of a {@link World}, with everything that it told its owner. */
export class Peer {
  readonly endpoint: Endpoint;
  readonly socket: VirtualSocket;
  readonly world: World;
  readonly events: EndpointEvent[] = [];
  readonly received: { connection: Connection; payload: string }[] = [];
  readonly outcomes: DatagramOutcome[] = [];
  readonly sent: { datagram: Uint8Array; path: Path }[] = [];
  /** What "psk-needed" is answered with: a key, undefined for a refusal, "later" for no answer yet. */
  pskFor: (identity: Uint8Array) => Uint8Array | undefined | "later" = () => psk;
  /** Private keys that sign, by the credential's chain. */
  readonly keys = new Map<Uint8Array, KeyObject>();
  /** What "peer-certificate" is answered with; "later" for no answer yet. */
  verdictOn: (certificate: PeerCertificate) => CertificateVerdict | "later" = () => "accepted";
  signsLater = false;
  onData: ((connection: Connection, payload: Uint8Array) => void) | undefined;

  constructor(world: World, address: string, port: number, options: PeerOptions = {}) {
    const { connectionId, ...rest } = options;
    this.world = world;
    this.socket = world.socket(address, port);
    this.endpoint = createEndpoint(
      {
        crypto,
        entropy: world.random(),
        ...rest,
        ...(connectionId === undefined ? {} : { connectionId }),
      },
      {
        transmit: (datagram, path) => {
          this.sent.push({ datagram, path });
          if (path.via === undefined) this.socket.transmit(datagram, path);
        },
        data: (connection, payload) => {
          this.received.push({ connection, payload: text(payload) });
          this.onData?.(connection, payload);
        },
        event: (event, now) => {
          this.events.push(event);
          this.#answer(event, now);
        },
      },
    );
    this.socket.attach({
      receive: (datagram, from, fromPort, via, now) => {
        this.receive(datagram, { address: from, port: fromPort }, via, now);
      },
      handleTimeout: (now) => this.endpoint.handleTimeout(now),
      nextTimeout: () => this.endpoint.nextTimeout(),
    });
  }

  #answer(event: EndpointEvent, now: number): void {
    if (event.type === "psk-needed") {
      const key = this.pskFor(event.identity);
      if (key !== "later") this.endpoint.providePsk(event.connection, key, now);
    } else if (event.type === "peer-certificate") {
      const verdict = this.verdictOn(event.certificate);
      if (verdict === "later") return;
      this.endpoint.judgeCertificate(event.connection, verdict, now);
    } else if (event.type === "signature-needed" && !this.signsLater) {
      this.endpoint.provideSignature(event.connection, this.signatureFor(event), now);
    }
  }

  signatureFor(event: EndpointEvent & { readonly type: "signature-needed" }): Uint8Array {
    const [own] = event.credential.chain;
    const key = own && this.keys.get(own);
    if (key === undefined) throw new Error("the credential has no key");
    return signHandshake(key, event.scheme, event.data);
  }

  receive(
    datagram: Uint8Array,
    from: SocketAddress,
    via: SocketAddress | undefined = undefined,
    now: number = this.world.now,
  ): DatagramOutcome {
    const outcome = this.endpoint.receive(datagram, from.address, from.port, via, now);
    this.outcomes.push(outcome);
    return outcome;
  }

  connect(to: Peer, options: ConnectOptions = credentials): Connection {
    const path = { ...to.socket.address, via: undefined };
    return this.endpoint.connect(path, options, this.world.now);
  }

  send(connection: Connection, payload: string): boolean {
    return this.endpoint.send(connection, utf8(payload), this.world.now);
  }

  /** The connections that were established, in order. */
  connected(): Connection[] {
    return this.events.flatMap((event) => (event.type === "connected" ? [event.connection] : []));
  }

  closeReasons(): CloseReason[] {
    return this.events.flatMap((event) => (event.type === "closed" ? [event.reason] : []));
  }

  payloads(): string[] {
    return this.received.map(({ payload }) => payload);
  }
}

export interface Pair {
  readonly world: World;
  readonly server: Peer;
  readonly client: Peer;
}

/** `connectionId: undefined` stands for an endpoint without the extension. */
export type PeerOptions = Partial<Omit<EndpointOptions, "connectionId">> & {
  readonly connectionId?: EndpointOptions["connectionId"] | undefined;
};

export interface PairOptions {
  readonly server?: PeerOptions;
  readonly client?: PeerOptions;
  readonly both?: PeerOptions;
  readonly world?: WorldOptions;
  /** False where two connections of one address cannot be told apart on the wire. Default true. */
  readonly isAudited?: boolean;
}

/** Hosts of servers; they share connections, so they share nonces. */
const servers = new Set(["10.0.0.1", "10.0.0.9"]);

export const defaultConnectionId = { length: 6 };

/** A server and a client whose every sealed record is audited for nonces used twice. */
export function createPair(options: PairOptions = {}): Pair {
  const server = { connectionId: defaultConnectionId, ...options.both, ...options.server };
  const client = { connectionId: { length: 0 }, ...options.both, ...options.client };
  const auditor = new NonceAuditor({
    serverOf: ({ address }) => (servers.has(address) ? "server" : undefined),
    cidLengthToServer: server.connectionId?.length ?? 0,
    cidLengthToClient: client.connectionId?.length ?? 0,
  });
  const world = new World({
    ...(options.isAudited === false ? {} : { auditor }),
    ...options.world,
  });
  return {
    world,
    server: new Peer(world, "10.0.0.1", 5684, { role: "server", ...server }),
    client: new Peer(world, "10.0.0.2", 40_000, { role: "client", ...client }),
  };
}

/** A pair with one established connection. */
export function createConnectedPair(options: PairOptions = {}): Pair & {
  readonly clientConnection: Connection;
  readonly serverConnection: Connection;
} {
  const pair = createPair(options);
  const clientConnection = pair.client.connect(pair.server);
  pair.world.runUntil(() => clientConnection.phase === "connected");
  const serverConnection = pair.server.connected()[0];
  if (serverConnection === undefined) throw new Error("the server is not connected");
  return { ...pair, clientConnection, serverConnection };
}

/** Checks that every datagram has exactly one outcome in the counters. */
export function outcomesBalance(peer: Peer): boolean {
  const { datagrams } = peer.endpoint.stats();
  const dropped = Object.values(datagrams.dropped).reduce((sum, count) => sum + count, 0);
  return (
    datagrams.received === datagrams.handled + datagrams.answered + dropped &&
    datagrams.received === peer.outcomes.length
  );
}
