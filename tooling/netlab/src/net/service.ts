import { COAPS_PORT, SERVICE_ADDRESS } from "./addresses.ts";
import type { Namespace } from "./namespace.ts";
import {
  connectionRules,
  connectionRulesBase,
  packetMark,
  packetRules,
  packetRulesBase,
  type ServiceEndpoint,
} from "./service-rules.ts";

/** `connection`: conntrack keeps a client's address at one endpoint; `packet`: each datagram goes to the next. */
export type Balancing = "connection" | "packet";

/** The service address in the router: what kube-proxy makes of the endpoints. */
export class Service {
  readonly #router: Namespace;
  readonly #balancing: Balancing;
  #endpoints: readonly ServiceEndpoint[] = [];

  private constructor(router: Namespace, balancing: Balancing) {
    this.#router = router;
    this.#balancing = balancing;
  }

  static async create(router: Namespace, balancing: Balancing): Promise<Service> {
    await router.iptables(balancing === "packet" ? packetRulesBase : connectionRulesBase);
    return new Service(router, balancing);
  }

  get endpoints(): readonly ServiceEndpoint[] {
    return this.#endpoints;
  }

  /** Makes a pod reachable by mark. Without tracked connections its own address never shows. */
  async addRoute({ index, address }: ServiceEndpoint): Promise<void> {
    if (this.#balancing !== "packet") return;
    const mark = packetMark(index);
    await this.#router.ip(
      `rule add fwmark ${mark} lookup ${mark}`,
      `route add default via ${address} table ${mark}`,
    );
  }

  async removeRoute({ index }: ServiceEndpoint): Promise<void> {
    if (this.#balancing !== "packet") return;
    await this.#router.ip(`rule del fwmark ${packetMark(index)}`);
  }

  /** Replaces the endpoints at once. Tracked connections stay where they are. */
  async setEndpoints(endpoints: readonly ServiceEndpoint[]): Promise<void> {
    const removed = this.#endpoints.filter((old) => !endpoints.some((e) => e.index === old.index));
    const rules = this.#balancing === "packet" ? packetRules : connectionRules;
    await this.#router.iptables(rules(endpoints, removed));
    this.#endpoints = endpoints;
  }

  /** Forgets the tracked connections to one endpoint, as a current kube-proxy does. @returns how many. */
  async forgetConnections({ address }: ServiceEndpoint): Promise<number> {
    if (this.#balancing === "packet") return 0;
    const match = ["-p", "udp", "--orig-dst", SERVICE_ADDRESS, "--reply-src", address];
    // conntrack ends with 1 when nothing matched.
    const script = `conntrack -D ${match.join(" ")} --orig-port-dst ${COAPS_PORT} 2>/dev/null | wc -l`;
    return Number(await this.#router.exec("sh", ["-c", script]));
  }
}
