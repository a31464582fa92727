import {
  CLIENT_ADDRESS,
  CLIENT_GATEWAY,
  CLIENT_NETWORK,
  NAT_ADDRESS,
  podAddress,
  podGateway,
  ROUTER_ADDRESS,
  SERVICE_ADDRESS,
} from "./addresses.ts";
import { connect, Namespace } from "./namespace.ts";
import { Nat } from "./nat.ts";
import { type Balancing, Service } from "./service.ts";
import type { ServiceEndpoint } from "./service-rules.ts";

/** A host for one server process. */
export interface Pod extends ServiceEndpoint {
  readonly name: string;
  readonly namespace: Namespace;
  /** The address that the server's public socket binds. */
  readonly publicAddress: string;
}

const FORWARDING = {
  "net.ipv4.ip_forward": 1,
  "net.ipv4.conf.all.rp_filter": 0,
  "net.ipv4.conf.default.rp_filter": 0,
} as const;

/** Clients behind a NAT, a router with the service address, and pods; all of it inside namespaces. */
export class Lab {
  readonly balancing: Balancing;
  readonly #all: Namespace[] = [];
  #client: Namespace | undefined;
  #router: Namespace | undefined;
  #nat: Nat | undefined;
  #service: Service | undefined;
  #pods = 0;

  constructor(balancing: Balancing) {
    this.balancing = balancing;
  }

  get client(): Namespace {
    return built(this.#client);
  }

  get router(): Namespace {
    return built(this.#router);
  }

  get nat(): Nat {
    return built(this.#nat);
  }

  get service(): Service {
    return built(this.#service);
  }

  /** Builds everything but pods. Call {@link close} also when it fails. @throws LabError */
  async open(): Promise<void> {
    const router = await this.#add("router");
    const nat = await this.#add("nat");
    const client = await this.#add("client");
    await Promise.all([router.sysctl(FORWARDING), nat.sysctl(FORWARDING)]);
    await connect(client, "eth0", nat, "inside");
    await connect(nat, "outside", router, "uplink");
    await client.ip(
      `address add ${CLIENT_ADDRESS}/24 dev eth0`,
      "link set eth0 up",
      `route add default via ${CLIENT_GATEWAY}`,
    );
    await nat.ip(
      `address add ${CLIENT_GATEWAY}/24 dev inside`,
      "link set inside up",
      `address add ${NAT_ADDRESS}/24 dev outside`,
      "link set outside up",
      `route add default via ${ROUTER_ADDRESS}`,
    );
    await router.ip(
      `address add ${ROUTER_ADDRESS}/24 dev uplink`,
      "link set uplink up",
      `route add blackhole ${CLIENT_NETWORK}`,
    );
    this.#nat = await Nat.create(nat, "outside");
    this.#service = await Service.create(router, this.balancing);
    this.#client = client;
    this.#router = router;
  }

  async addPod(name: string): Promise<Pod> {
    this.#pods += 1;
    const index = this.#pods;
    const namespace = await this.#add(name);
    const address = podAddress(index);
    await connect(this.router, `pod${index}`, namespace, "eth0");
    await this.router.ip(
      `address add ${podGateway(index)}/24 dev pod${index}`,
      `link set pod${index} up`,
    );
    await namespace.ip(
      `address add ${address}/24 dev eth0`,
      "link set eth0 up",
      `route add default via ${podGateway(index)}`,
    );
    const isDirect = this.balancing === "packet";
    // Datagrams keep the service address as their destination, and answers have it as their source.
    if (isDirect) await namespace.ip(`address add ${SERVICE_ADDRESS}/32 dev lo`);
    const publicAddress = isDirect ? SERVICE_ADDRESS : address;
    const pod: Pod = { name, namespace, index, address, publicAddress };
    await this.service.addRoute(pod);
    return pod;
  }

  async removePod(pod: Pod): Promise<void> {
    await this.service.removeRoute(pod);
    await pod.namespace.delete();
    this.#all.splice(this.#all.indexOf(pod.namespace), 1);
  }

  /** Removes everything, and ends what still runs inside. */
  async close(): Promise<void> {
    while (this.#all.length > 0) await this.#all.pop()?.delete();
  }

  async #add(label: string): Promise<Namespace> {
    const namespace = await Namespace.create(label);
    this.#all.push(namespace);
    return namespace;
  }
}

function built<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the lab is not open");
  return part;
}
