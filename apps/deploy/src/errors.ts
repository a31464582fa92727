/** The operator has to change something before anything can happen: exit code 2, nothing was changed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "DEPLOY_USAGE";
}

/** What was begun cannot be ended: exit code 1. The text says why, and what serves meanwhile. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly code = "DEPLOY_FAILED";
}

/** The Kubernetes API refused a request, or could not be reached. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code = "DEPLOY_KUBE";
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** Asking again later may help. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}
