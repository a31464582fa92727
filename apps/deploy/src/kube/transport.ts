import {
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  type RequestContext,
  ServerConfiguration,
} from "@kubernetes/client-node";
import { KubeError } from "../errors.ts";

export interface KubeRequest {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

export interface KubeAnswer {
  readonly status: number;
  readonly text: string;
  /** The API server's clock, if it said. */
  readonly date: string | undefined;
}

/** One request to the API server. Everything else is made of these, and tests answer them. */
export type KubeTransport = (request: KubeRequest) => Promise<KubeAnswer>;

const REQUEST_TIMEOUT_MS = 10_000;
const UNAUTHORIZED = 401;

/** @throws KubeError with status 0 when there is no answer */
export function createTransport(config: KubeConfig): KubeTransport {
  const server = config.getCurrentCluster()?.server ?? "";
  const { baseServer, httpApi } = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
  });
  return async ({ method, path, body, contentType, timeoutMs = REQUEST_TIMEOUT_MS }) => {
    const context = baseServer.makeRequestContext(path, HttpMethod[method]);
    context.setHeaderParam("Accept", "application/json, */*");
    if (body !== undefined) {
      context.setHeaderParam("Content-Type", contentType ?? "application/json");
      context.setBody(JSON.stringify(body));
    }
    await authenticate(config, context, server);
    try {
      context.setSignal(AbortSignal.timeout(timeoutMs));
      const answer = await httpApi.send(context).toPromise();
      const text = await answer.body.text();
      return { status: answer.httpStatusCode, text, date: answer.headers["date"] };
    } catch (cause) {
      throw new KubeError(0, `the API server at ${server} does not answer (${reasonOf(cause)})`, {
        cause,
      });
    }
  };
}

/** Client certificates, tokens, helper programs: what the kubeconfig names. */
async function authenticate(
  config: KubeConfig,
  context: RequestContext,
  server: string,
): Promise<void> {
  try {
    await config.applySecurityAuthentication(context);
  } catch (cause) {
    const text = `the kubeconfig's credentials for ${server} cannot be used (${reasonOf(cause)})`;
    throw new KubeError(UNAUTHORIZED, text, { cause });
  }
}

/** The innermost reason: fetch wraps what the socket said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code === undefined || error.message.includes(code)
    ? error.message
    : `${code}: ${error.message}`;
}
