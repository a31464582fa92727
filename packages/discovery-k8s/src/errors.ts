export type KubernetesErrorCode =
  /** A setting that no other attempt makes right. */
  | "KUBERNETES_SETTING"
  /** The API refuses the token (401). */
  | "KUBERNETES_TOKEN"
  /** The token's account may not do this (403). */
  | "KUBERNETES_FORBIDDEN"
  | "KUBERNETES_NOT_FOUND"
  /** What was known is too old to go on from (410). */
  | "KUBERNETES_EXPIRED"
  /** The API asks for patience (429, or 503 with Retry-After). */
  | "KUBERNETES_BUSY"
  /** Another status, or an answer that is none of the Kubernetes API. */
  | "KUBERNETES_ANSWER"
  /** The certificate of the API is not trusted. */
  | "KUBERNETES_TRUST"
  /** No answer: refused, reset, too slow, no such host. */
  | "KUBERNETES_UNREACHABLE";

/** What went wrong with the Kubernetes API. No message shows a token. */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  readonly code: KubernetesErrorCode;
  /** How long the API asked to wait; undefined: it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubernetesErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}
