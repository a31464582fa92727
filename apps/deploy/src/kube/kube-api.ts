import { KubeError } from "../errors.ts";
import { apiVersionOf, isNamespaced, type Kind, pathOf } from "./kinds.ts";
import type { KubeAnswer, KubeRequest, KubeTransport } from "./transport.ts";

/** Any object of the API, as far as all have it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Signs what this command writes, so that the API server can tell whose fields are whose. */
const FIELD_MANAGER = "dtls-cluster-deploy";

/** The few verbs of the API that this command needs, in one namespace. */
export class KubeApi {
  readonly namespace: string;
  readonly #transport: KubeTransport;

  constructor(transport: KubeTransport, namespace: string) {
    this.#transport = transport;
    this.namespace = namespace;
  }

  /** The same API in another namespace. */
  within(namespace: string): KubeApi {
    return new KubeApi(this.#transport, namespace);
  }

  /** Undefined when there is no such object. @throws KubeError */
  async read<T>(kind: Kind, name: string): Promise<T | undefined> {
    const answer = await this.#send(
      { method: "GET", path: pathOf(kind, this.namespace, name) },
      true,
    );
    return answer === undefined ? undefined : parse<T>(answer);
  }

  /** @param query for example `labelSelector=app%3Dx` @throws KubeError */
  async list<T>(kind: Kind, query = ""): Promise<readonly T[]> {
    const path = `${pathOf(kind, this.namespace)}${query === "" ? "" : `?${query}`}`;
    const answer = await this.#demand({ method: "GET", path });
    return parse<{ items?: readonly T[] }>(answer).items ?? [];
  }

  /** @throws KubeError, with status 409 when it exists */
  async create<T extends object>(kind: Kind, object: T): Promise<T> {
    const path = `${pathOf(kind, this.namespace)}?fieldManager=${FIELD_MANAGER}`;
    return parse<T>(
      await this.#demand({ method: "POST", path, body: this.#complete(kind, object) }),
    );
  }

  /** Server-side apply: creates it, or makes its fields those that are given. @throws KubeError */
  async apply(kind: Kind, object: KubeObject): Promise<void> {
    const path = pathOf(kind, this.namespace, object.metadata?.name ?? "");
    await this.#demand({
      method: "PATCH",
      path: `${path}?fieldManager=${FIELD_MANAGER}&force=true`,
      contentType: "application/apply-patch+yaml",
      body: this.#complete(kind, object),
    });
  }

  /** Strategic merge patch: null removes a field, lists merge by name. @throws KubeError */
  async merge(kind: Kind, name: string, patch: object): Promise<void> {
    const path = `${pathOf(kind, this.namespace, name)}?fieldManager=${FIELD_MANAGER}`;
    const contentType = "application/strategic-merge-patch+json";
    await this.#demand({ method: "PATCH", path, contentType, body: patch });
  }

  /** Not an error when it is gone. @param uid deletes nothing else of that name @throws KubeError */
  async remove(kind: Kind, name: string, uid?: string): Promise<void> {
    await this.#send(
      {
        method: "DELETE",
        path: pathOf(kind, this.namespace, name),
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: "Background",
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        },
      },
      true,
    );
  }

  /** A page that a pod serves over http, fetched through the API server. @throws KubeError */
  async podPage(pod: string, port: number, page: string, timeoutMs: number): Promise<string> {
    const path = `${pathOf("Pod", this.namespace, `${pod}:${port}`)}/proxy${page}`;
    return (await this.#demand({ method: "GET", path, timeoutMs })).text;
  }

  /**
   * The last lines that a container wrote.
   * @param isPrevious of the run before the present one
   * @throws KubeError
   */
  async lastLines(pod: string, container: string, isPrevious: boolean): Promise<string> {
    const query = `container=${encodeURIComponent(container)}&previous=${isPrevious}&tailLines=5`;
    const path = `${pathOf("Pod", this.namespace, pod)}/log?${query}`;
    return (await this.#demand({ method: "GET", path })).text;
  }

  /** Of Kubernetes. @throws KubeError */
  async version(): Promise<{ readonly minor: number | undefined }> {
    const { minor = "" } = parse<{ minor?: string }>(
      await this.#demand({ method: "GET", path: "/version" }),
    );
    const number = Number.parseInt(minor, 10);
    return { minor: Number.isNaN(number) ? undefined : number };
  }

  /** Difference of the API server's clock to this machine's in milliseconds, to the second. */
  async clockSkewMs(now: () => number): Promise<number | undefined> {
    const before = now();
    const { date } = await this.#transport({ method: "GET", path: "/version" });
    const middle = (before + now()) / 2;
    return date === undefined ? undefined : Date.parse(date) + 500 - middle;
  }

  #complete(kind: Kind, object: KubeObject | object): object {
    const metadata = "metadata" in object ? (object.metadata as object) : {};
    return {
      ...object,
      apiVersion: apiVersionOf(kind),
      kind,
      metadata: isNamespaced(kind) ? { ...metadata, namespace: this.namespace } : metadata,
    };
  }

  async #demand(request: KubeRequest): Promise<KubeAnswer> {
    const answer = await this.#send(request, false);
    if (answer === undefined) throw new KubeError(404, `${request.path}: not found`);
    return answer;
  }

  async #send(request: KubeRequest, mayBeMissing: boolean): Promise<KubeAnswer | undefined> {
    const answer = await this.#transport(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status === 404 && mayBeMissing) return undefined;
    throw refusal(answer);
  }
}

/** What the API server says, and what an operator can do about it. */
function refusal({ status, text }: KubeAnswer): KubeError {
  let message = text.trim().slice(0, 300);
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {
    // Proxies answer in plain text.
  }
  if (status === 401) {
    return new KubeError(
      status,
      "the API server does not know this user: renew the credentials of the kubeconfig",
    );
  }
  if (status === 403) return new KubeError(status, `not allowed: ${message}`);
  return new KubeError(status, message === "" ? `the API server answered ${status}` : message);
}

function parse<T>({ text, status }: KubeAnswer): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new KubeError(
      status,
      "the API server's answer is not JSON: is the kubeconfig's server a Kubernetes API?",
      {
        cause,
      },
    );
  }
}
