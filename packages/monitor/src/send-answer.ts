import type { ServerResponse } from "node:http";
import type { RouteAnswer } from "./route.ts";

/**
 * Sends `answer`, waiting for the client where it is slower than the body, and taking the next chunk
 * of an iterable only when the last one has left. A client that takes nothing for `idleMs` is cut off.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: RouteAnswer,
  options: { readonly withBody: boolean; readonly idleMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { body } = answer;
  const isText = body === undefined || typeof body === "string";
  response.statusCode = answer.status;
  response.setHeader(
    "content-type",
    answer.contentType ?? (isText ? "text/plain; charset=utf-8" : "application/octet-stream"),
  );
  response.setHeader("cache-control", "no-store");
  if (isText || body instanceof Uint8Array) {
    const bytes = Buffer.from(body ?? "");
    response.setHeader("content-length", bytes.length);
    response.end(options.withBody ? bytes : undefined);
    return;
  }
  if (!options.withBody) {
    response.end();
    return;
  }
  response.flushHeaders();
  await sendChunks(response, body, options);
}

async function sendChunks(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const aborted = whenAborted(options.signal);
  try {
    for (;;) {
      // The iterable may wait for long; a client that goes away must end that wait here, too.
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next === ABORTED || options.signal.aborted) return;
      if (next.done === true) break;
      if (!response.write(next.value) && !(await drained(response, options))) return;
    }
    response.end();
  } catch (error) {
    // The head is out: only a connection that breaks can tell the client now.
    response.destroy();
    throw error;
  } finally {
    aborted.forget();
    // Not awaited: an iterator that hangs in next() would never come to its return().
    iterator.return?.()?.catch(() => undefined);
  }
}

/** True when the client took what was buffered, false when it is gone or cut off. */
function drained(
  response: ServerResponse,
  options: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isDrained: boolean): void => {
      clearTimeout(timer);
      response.off("drain", onDrain);
      options.signal.removeEventListener("abort", onAbort);
      resolve(isDrained);
    };
    const onDrain = (): void => finish(true);
    const onAbort = (): void => finish(false);
    const timer = setTimeout(() => {
      response.destroy();
      finish(false);
    }, options.idleMs);
    response.on("drain", onDrain);
    options.signal.addEventListener("abort", onAbort);
    if (options.signal.aborted) finish(false);
  });
}

const ABORTED: unique symbol = Symbol("aborted");

function whenAborted(signal: AbortSignal): {
  readonly promise: Promise<typeof ABORTED>;
  readonly forget: () => void;
} {
  let forget = (): void => undefined;
  const promise = new Promise<typeof ABORTED>((resolve) => {
    const onAbort = (): void => resolve(ABORTED);
    forget = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
  return { promise, forget };
}
