import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { DtlsUsageError } from "@dtls-cluster/dtls";
import { formatSocketAddress } from "../address-text.ts";
import type { DtlsConnection } from "./dtls-connection.ts";
import { DtlsHost, type DtlsSocketOptions } from "./dtls-host.ts";
import { DtlsSocketError, handshakeError } from "./dtls-socket-error.ts";
import { bytesOf, type KeyInput } from "./pre-shared-key.ts";

export interface ConnectOptions extends DtlsSocketOptions {
  /** Name or address of the server. Default `localhost`. */
  readonly host?: string;
  /** Default 5684, the port of CoAP over DTLS. */
  readonly port?: number;
  readonly psk: { readonly identity: KeyInput; readonly key: KeyInput };
  /** {@link DtlsConnection.session} of an earlier connection: an abbreviated handshake, if the server takes it. */
  readonly session?: Uint8Array;
  /** Own address and port to send from. Default: any, as the system chooses. */
  readonly localAddress?: string;
  readonly localPort?: number;
}

/**
 * Connects to a DTLS 1.2 server (RFC 6347) with a pre-shared key, and takes the server's Connection ID (RFC 9146), so that the
 * connection outlives a change of the own address.
 * @returns the established connection, on a socket of its own
 * @throws DtlsSocketError when the handshake does not succeed, UdpError when no socket can be had, the reason of `signal` when
 *   that is aborted, DtlsUsageError for an option that is not accepted
 */
export async function connect(options: ConnectOptions): Promise<DtlsConnection> {
  const {
    host = "localhost",
    port = 5684,
    psk,
    session,
    signal,
    localAddress,
    localPort,
    ...more
  } = options;
  signal?.throwIfAborted();
  if (!(Number.isInteger(port) && port > 0 && port <= 65_535)) {
    throw new DtlsUsageError(`port is ${port}, but must be 1 to 65535`);
  }
  const address = await addressOf(host);
  const where = formatSocketAddress(address, port);
  let settle: { resolve(connection: DtlsConnection): void; reject(error: unknown): void };
  const established = new Promise<DtlsConnection>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const socket = new DtlsHost("client", more, {
    connected: (connection) => settle.resolve(connection),
    failed: (reason) => settle.reject(handshakeError(reason, where)),
    closed: () => void socket.closeAll(),
    error: (error) => settle.reject(error),
  });
  const abort = (): void => settle.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const any = isIP(address) === 6 ? "::" : "0.0.0.0";
    await socket.open({ ...more, address: localAddress ?? any, port: localPort ?? 0 });
    signal?.throwIfAborted();
    socket.connect({ address, port }, bytesOf(psk.identity), bytesOf(psk.key), session);
    return await established;
  } catch (error) {
    await socket.closeAll();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new DtlsSocketError("DTLS_HOST_NOT_FOUND", `host "${host}" has no address`, { cause });
  }
}
