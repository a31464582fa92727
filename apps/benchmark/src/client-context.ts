import type { CoapEndpoint } from "@dtls-cluster/coap";
import type { AnswerCheck } from "./answer-check.ts";
import type { ClientEndpoint } from "./client-endpoint.ts";
import type { HandshakePacer } from "./handshake-pacer.ts";
import type { HandshakeTally } from "./handshake-tally.ts";
import type { LoadClient } from "./load-client.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Tally } from "./tally.ts";
import type { Target } from "./target.ts";

/** What all clients of a run share. */
export interface ClientContext {
  readonly surroundings: Surroundings;
  readonly scheduler: Scheduler;
  readonly coap: CoapEndpoint<LoadClient>;
  /** The DTLS endpoint of all clients; undefined for plain CoAP. */
  readonly dtls: ClientEndpoint | undefined;
  readonly pacer: HandshakePacer;
  readonly tally: Tally;
  readonly handshakes: HandshakeTally;
  readonly answers: AnswerCheck;
  readonly targets: readonly Target[];
  readonly settings: ClientSettings;
  /**
   * Asks for one request of the work; false when the client must not send (any more).
   * @param had requests that it has been given so far.
   */
  takeRequest(had: number): boolean;
  /** Gives a taken request back that could not be sent. */
  returnRequest(): void;
  /** A request of the work is answered or given up. */
  settled(now: number): void;
  /** A client has its connection, or failed to get it, for the first time. */
  firstAttemptOver(client: LoadClient, now: number): void;
  /** The network reported a problem, by its code. */
  networkProblem(code: string): void;
  isOver(): boolean;
}

/** How every client of a run behaves. */
export interface ClientSettings {
  readonly intervalMs: number | undefined;
  readonly errorPauseMs: number;
  readonly handshakeTimeoutMs: number;
  readonly spread: boolean;
  readonly rebindEvery: number | undefined;
  /** Requests given up in a row after which the client makes a new handshake. */
  readonly failuresToReconnect: number;
}
