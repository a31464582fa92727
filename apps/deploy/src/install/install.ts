import type { V1Secret, V1Service } from "@kubernetes/client-node";
import { checkCertificates } from "../cluster/certificate-check.ts";
import { DeployError, KubeError, UsageError } from "../errors.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import type { Workload } from "../manifests/workload.ts";
import type { Settings } from "../options/settings.ts";
import type { Reporter } from "../report/reporter.ts";
import { createSecretValues, renewCertificates, type SecretValues } from "./secret-values.ts";

/**
 * Everything that a statefulset needs, in the order of the seed's script. Can be repeated: a secret that
 * exists keeps its values and gets those that it lacks.
 */
export class Installation {
  readonly #api: KubeApi;
  readonly #workload: Workload;
  readonly #settings: Settings;
  readonly #reporter: Reporter;
  readonly #now: number;

  /** @param now milliseconds since 1970 */
  constructor(
    api: KubeApi,
    workload: Workload,
    settings: Settings,
    reporter: Reporter,
    now: number,
  ) {
    this.#api = api;
    this.#workload = workload;
    this.#settings = settings;
    this.#reporter = reporter;
    this.#now = now;
  }

  /** @throws UsageError before anything is changed, KubeError */
  async prepare(): Promise<void> {
    const given = createSecretValues(
      this.#settings.install,
      this.#workload.name,
      await this.#kubeHost(),
      this.#now,
    );
    const problem = checkCertificates(given.values, this.#now).find(({ isFault }) => isFault);
    if (problem !== undefined) throw new UsageError(`--certs: ${problem.text}`);
    await this.#ensureNamespace();
    await this.#ensureSecret(given);
    await this.#ensureRegistrySecret();
    for (const { kind, object } of this.#workload.manifests.objects) {
      const what = `${kind.toLowerCase()}/${object.metadata?.name}`;
      if (!this.#settings.isDryRun) await this.#api.apply(kind, object);
      this.#say(`${what} applied`);
    }
  }

  /** Clusters without DNS reach the API by the address of its service. */
  async #kubeHost(): Promise<string | undefined> {
    const { kubeHost } = this.#settings.install;
    if (kubeHost !== "<ip>") return kubeHost;
    const service = await this.#api.within("default").read<V1Service>("Service", "kubernetes");
    const address = service?.spec?.clusterIP;
    if (address !== undefined) return address.includes(":") ? `[${address}]` : address;
    throw new UsageError('--kube-host "<ip>": the service kubernetes has no address; give one');
  }

  async #ensureNamespace(): Promise<void> {
    const { namespace } = this.#api;
    if (await this.#hasNamespace()) return;
    if (!this.#settings.isDryRun) {
      try {
        await this.#api.create("Namespace", { metadata: { name: namespace } });
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        throw new DeployError(`namespace ${namespace} cannot be created: ${error.message}`, {
          cause: error,
        });
      }
    }
    this.#say(`namespace/${namespace} created`);
  }

  async #hasNamespace(): Promise<boolean> {
    try {
      return (await this.#api.read("Namespace", this.#api.namespace)) !== undefined;
    } catch (error) {
      // Who may not look at namespaces was given one.
      if (error instanceof KubeError && error.status === 403) return true;
      throw error;
    }
  }

  async #ensureSecret({ values, generated }: SecretValues): Promise<void> {
    const { secret, requiredKeys } = this.#workload;
    const existing = await this.#api.read<V1Secret>("Secret", secret);
    const present = Object.keys(existing?.data ?? {});
    const wanted = requiredKeys.filter((key) => !(key in values) && !present.includes(key));
    if (wanted.length > 0) {
      throw new UsageError(
        `secret ${secret}: the manifests want ${wanted.join(", ")}; give --psk-file, or create the secret with these keys first`,
      );
    }
    if (existing === undefined) {
      const type = "Opaque";
      if (!this.#settings.isDryRun) {
        await this.#api.create("Secret", { metadata: { name: secret }, type, stringData: values });
      }
      this.#say(`secret/${secret} created`);
      for (const what of generated) this.#reporter.note(`secret/${secret}: made ${what}`);
      return;
    }
    const added = Object.fromEntries(
      Object.entries(values).filter(([key]) => !present.includes(key)),
    );
    const renewed = this.#settings.install.renewsCertificates
      ? renewCertificates(values, existing.data ?? {})
      : {};
    const stringData = { ...added, ...renewed };
    if (Object.keys(stringData).length > 0 && !this.#settings.isDryRun) {
      await this.#api.merge("Secret", secret, { stringData });
    }
    this.#say(`secret/${secret} kept${listed(", added ", added)}${listed(", renewed ", renewed)}`);
  }

  async #ensureRegistrySecret(): Promise<void> {
    const { dockerConfig } = this.#settings.install;
    if (dockerConfig === undefined) return;
    const name = "regcred";
    const stringData = { ".dockerconfigjson": dockerConfig };
    const type = "kubernetes.io/dockerconfigjson";
    if (!this.#settings.isDryRun) {
      const object = { metadata: { name }, type, stringData };
      if ((await this.#api.read("Secret", name)) === undefined) {
        await this.#api.create("Secret", object);
      } else await this.#api.merge("Secret", name, { stringData });
    }
    this.#say(`secret/${name} applied`);
  }

  #say(what: string): void {
    this.#reporter.applied(what, this.#settings.isDryRun);
  }
}

function listed(title: string, values: Readonly<Record<string, string>>): string {
  const keys = Object.keys(values);
  return keys.length === 0 ? "" : title + keys.join(", ");
}
