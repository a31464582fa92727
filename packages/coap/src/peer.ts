/**
 * One security association (or, without security, one address) that speaks CoAP, as the owner of
 * the endpoint made it. Message ids, tokens and deduplication belong to it, so they survive a new
 * address of the peer (RFC 9146). An idle peer holds no buffers.
 */
export interface CoapPeer<T> {
  /** What the owner needs to send to it: a DTLS connection, a path. */
  readonly transport: T;
  readonly isClosed: boolean;
  /** Grows with everything that {@link CoapEndpoint.exportPeer} would tell; compare to find changes. */
  readonly mark: number;
}
