import type { IncomingMessage } from "node:http";
import { type Agent, request } from "node:https";
import type { TlsCredentials } from "./credentials.ts";
import { RestoreError } from "./errors.ts";

/** The double: where the state comes from. */
export interface RestoreTarget {
  readonly host: string;
  readonly port: number;
}

export interface RequestOptions {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly target: RestoreTarget;
  readonly credentials: TlsCredentials;
  readonly connectTimeoutMs: number;
  readonly readIdleMs: number;
  readonly signal: AbortSignal | undefined;
  /** Keeps connections for further requests; false: a connection of its own. */
  readonly agent: Agent | false;
}

/** Sends a request and waits for the head of the answer. @throws RestoreError */
export function openRequest(options: RequestOptions): Promise<IncomingMessage> {
  const { target, credentials, signal } = options;
  const where = `${target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    let isSecure = false;
    const outgoing = request({
      method: options.method,
      path: options.path,
      host: target.host,
      port: target.port,
      agent: options.agent,
      headers: { "content-length": 0 },
      cert: credentials.cert,
      key: credentials.key,
      ca: [...credentials.ca],
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
      // An address is no name to be asked for, and in no certificate: see RestoreClient.
      servername: "",
      checkServerIdentity: () => undefined,
      ...(signal === undefined ? {} : { signal }),
    });
    const fail = (error: RestoreError): void => {
      reject(error);
      outgoing.destroy();
    };
    const timer = setTimeout(() => {
      const text = `no connection to ${where} within ${options.connectTimeoutMs} ms`;
      fail(new RestoreError("RESTORE_IO", text));
    }, options.connectTimeoutMs);
    const secured = (): void => {
      isSecure = true;
      clearTimeout(timer);
      outgoing.setTimeout(options.readIdleMs, () => fail(stalled(where, options.readIdleMs)));
    };
    outgoing.on("socket", (socket) => {
      if (outgoing.reusedSocket) secured();
      else socket.once("secureConnect", secured);
    });
    outgoing.on("response", (response) => {
      outgoing.setTimeout(0);
      resolve(response);
    });
    outgoing.on("error", (cause) => {
      clearTimeout(timer);
      reject(signal?.aborted ? aborted(cause) : connectionError(cause, where, isSecure));
    });
    outgoing.end();
  });
}

/** The chunks of an answer, read no faster than they are taken. @throws RestoreError when it breaks */
export async function* readChunks(
  response: IncomingMessage,
  idleMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const { socket } = response;
  const where = `${socket.remoteAddress}:${socket.remotePort}`;
  let failure: RestoreError | undefined;
  // The socket's own timer would also run while the taker, and not the network, is slow.
  let timer: NodeJS.Timeout | undefined;
  const iterator = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      timer = setTimeout(() => {
        failure = stalled(where, idleMs);
        response.destroy(failure);
      }, idleMs);
      const next = await iterator.next();
      clearTimeout(timer);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (cause) {
    if (signal?.aborted) throw aborted(cause);
    throw failure ?? broken(where, cause);
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

function stalled(where: string, idleMs: number): RestoreError {
  return new RestoreError("RESTORE_STALLED", `nothing came from ${where} for ${idleMs} ms`);
}

function broken(where: string, cause: unknown): RestoreError {
  return new RestoreError("RESTORE_IO", `the connection to ${where} broke`, { cause });
}

function aborted(cause: unknown): RestoreError {
  return new RestoreError("RESTORE_ABORTED", "the restore was given up", { cause });
}

function connectionError(
  cause: NodeJS.ErrnoException,
  where: string,
  isSecure: boolean,
): RestoreError {
  const code = cause.code ?? "";
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    const text = `${where} does not accept this side's certificate, or speaks no TLS (${code}): compare the server's trust file with the client's certificate`;
    return new RestoreError("RESTORE_TLS", text, { cause });
  }
  if (CERTIFICATE_ERRORS.has(code)) {
    const text = `the certificate of ${where} is not trusted (${code}): compare the client's trust file with the server's certificate`;
    return new RestoreError("RESTORE_TLS", text, { cause });
  }
  const what = isSecure ? "the connection broke" : "no connection";
  return new RestoreError("RESTORE_IO", `${where}: ${what} (${code || cause.message})`, { cause });
}

/** What OpenSSL says about the certificate of the other side, as node names it. */
const CERTIFICATE_ERRORS: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
