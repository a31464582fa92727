import { CoapUsageError } from "./errors.ts";

/** Transmission parameters of RFC 7252 section 4.8. Durations are milliseconds. */
export interface TransmissionParameters {
  /** ACK_TIMEOUT. Default 2000. */
  readonly ackTimeoutMs: number;
  /** ACK_RANDOM_FACTOR, at least 1. Default 1.5. */
  readonly ackRandomFactor: number;
  /** MAX_RETRANSMIT, 0 to 20. Default 4. */
  readonly maxRetransmit: number;
  /** MAX_LATENCY, the longest a datagram may live in the network. Default 100 000. */
  readonly maxLatencyMs: number;
  /** PROCESSING_DELAY. Default: ACK_TIMEOUT. */
  readonly processingDelayMs: number;
}

/** The parameters and the times derived from them (RFC 7252 section 4.8.2). */
export interface DerivedParameters extends TransmissionParameters {
  /** From the first transmission of a message to its last retransmission. 45 000 by default. */
  readonly maxTransmitSpanMs: number;
  /** From the first transmission until the sender gives up. 93 000 by default. */
  readonly maxTransmitWaitMs: number;
  /** How long a confirmable message id stays taken. 247 000 by default. */
  readonly exchangeLifetimeMs: number;
  /** How long a non-confirmable message id stays taken. 145 000 by default. */
  readonly nonLifetimeMs: number;
}

/** @throws CoapUsageError for values out of range. */
export function deriveParameters(given: Partial<TransmissionParameters> = {}): DerivedParameters {
  const ackTimeoutMs = given.ackTimeoutMs ?? 2000;
  const ackRandomFactor = given.ackRandomFactor ?? 1.5;
  const maxRetransmit = given.maxRetransmit ?? 4;
  const maxLatencyMs = given.maxLatencyMs ?? 100_000;
  const processingDelayMs = given.processingDelayMs ?? ackTimeoutMs;
  if (!(ackTimeoutMs > 0 && ackTimeoutMs <= 3_600_000))
    throw new CoapUsageError(`ackTimeoutMs is ${ackTimeoutMs}, accepted is above 0 to 3600000`);
  if (!(ackRandomFactor >= 1 && ackRandomFactor <= 10))
    throw new CoapUsageError(`ackRandomFactor is ${ackRandomFactor}, accepted is 1 to 10`);
  if (!(Number.isInteger(maxRetransmit) && maxRetransmit >= 0 && maxRetransmit <= 20))
    throw new CoapUsageError(`maxRetransmit is ${maxRetransmit}, accepted is 0 to 20`);
  if (!(maxLatencyMs >= 0 && processingDelayMs >= 0))
    throw new CoapUsageError("maxLatencyMs and processingDelayMs must not be negative");
  const spread = ackTimeoutMs * ackRandomFactor;
  const maxTransmitSpanMs = spread * (2 ** maxRetransmit - 1);
  return {
    ackTimeoutMs,
    ackRandomFactor,
    maxRetransmit,
    maxLatencyMs,
    processingDelayMs,
    maxTransmitSpanMs,
    maxTransmitWaitMs: spread * (2 ** (maxRetransmit + 1) - 1),
    exchangeLifetimeMs: maxTransmitSpanMs + 2 * maxLatencyMs + processingDelayMs,
    nonLifetimeMs: maxTransmitSpanMs + maxLatencyMs,
  };
}
