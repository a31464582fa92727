import type { IncomingMessage } from "node:http";
import { KubernetesError, type KubernetesErrorCode } from "./errors.ts";

/** What one error answer may hold; the rest is not read. */
const MAX_REASON_BYTES = 16_384;
const MAX_RETRY_AFTER_S = 300;

/** What an answer that is not 200 means. Reads as much of it as a reason needs. */
export async function answerError(
  answer: IncomingMessage,
  path: string,
  namespace: string,
): Promise<KubernetesError> {
  const status = answer.statusCode ?? 0;
  const reason = await readReason(answer);
  return statusError(status, reason, path, namespace, retryAfterOf(answer));
}

/** The error for a status, of an answer or in a watch. */
export function statusError(
  status: number,
  reason: string,
  path: string,
  namespace: string,
  retryAfterMs?: number,
): KubernetesError {
  const [code, remedy] = meaningOf(status, retryAfterMs !== undefined, namespace);
  const where = path.split("?", 1)[0];
  const said = reason === "" ? "" : ` (${reason})`;
  return new KubernetesError(
    code,
    `the Kubernetes API answers ${status} to ${where}${said}${remedy}`,
    {
      retryAfterMs,
    },
  );
}

function meaningOf(
  status: number,
  isPatience: boolean,
  namespace: string,
): readonly [KubernetesErrorCode, string] {
  switch (status) {
    case 401:
      return [
        "KUBERNETES_TOKEN",
        ": the token is not accepted; correct KUBECTL_TOKEN, or leave it empty for the service account's",
      ];
    case 403:
      return [
        "KUBERNETES_FORBIDDEN",
        `: allow the service account of the pod to get, list and watch pods in namespace ${namespace}, or correct KUBECTL_NAMESPACE`,
      ];
    case 404:
      return [
        "KUBERNETES_NOT_FOUND",
        `: is ${namespace} (KUBECTL_NAMESPACE) the namespace of this pod?`,
      ];
    case 410:
      return ["KUBERNETES_EXPIRED", ""];
    case 429:
      return ["KUBERNETES_BUSY", ""];
    case 503:
      return [isPatience ? "KUBERNETES_BUSY" : "KUBERNETES_ANSWER", ""];
    default:
      return ["KUBERNETES_ANSWER", status < 500 ? ": is KUBECTL_HOST the Kubernetes API?" : ""];
  }
}

/** No answer, or none to its end. */
export function connectionError(server: string, error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : "unknown";
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) {
    return new KubernetesError(
      "KUBERNETES_TRUST",
      `the certificate of ${server} is not trusted (${code}): put the authority of the API into https_k8s_client_trust.pem, or correct KUBECTL_HOST`,
      { cause: error },
    );
  }
  return new KubernetesError(
    "KUBERNETES_UNREACHABLE",
    `the Kubernetes API at ${server} (KUBECTL_HOST) does not answer (${reason})`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function retryAfterOf(answer: IncomingMessage): number | undefined {
  const text = answer.headers["retry-after"];
  if (text === undefined || !/^\d{1,6}$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_RETRY_AFTER_S) * 1000;
}

/** The message of a Kubernetes Status, for people. */
async function readReason(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setTimeout(2000, () => answer.destroy());
  try {
    for await (const part of answer) {
      text += String(part);
      if (text.length > MAX_REASON_BYTES) break;
    }
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message.slice(0, 200) : "";
  } catch {
    return "";
  }
}
