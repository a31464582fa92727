import { CLIENT_NETWORK, NAT_ADDRESS } from "./addresses.ts";
import type { Namespace } from "./namespace.ts";

const PORT_RANGES = ["10000-34999", "35000-59999"] as const;

/** The NAT between the clients and everything else. */
export class Nat {
  readonly #namespace: Namespace;
  #rebinds = 0;

  private constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  static async create(namespace: Namespace, outside: string): Promise<Nat> {
    const nat = new Nat(namespace);
    await namespace.iptables(`*filter
-A INPUT -i ${outside} -p udp -j DROP
COMMIT
*nat
:CLIENTS - [0:0]
-A POSTROUTING -o ${outside} -s ${CLIENT_NETWORK} -j CLIENTS
COMMIT
`);
    await nat.#usePorts();
    return nat;
  }

  get rebinds(): number {
    return this.#rebinds;
  }

  /** Gives every client another port; answers to the old ones are lost, as behind a NAT that restarted. */
  async rebind(): Promise<void> {
    this.#rebinds += 1;
    await this.#usePorts();
    await this.#namespace.exec("conntrack", ["-F"]);
  }

  async #usePorts(): Promise<void> {
    const range = PORT_RANGES[this.#rebinds % PORT_RANGES.length];
    await this.#namespace.iptables(`*nat
:CLIENTS - [0:0]
-A CLIENTS -p udp -j SNAT --to-source ${NAT_ADDRESS}:${range}
COMMIT
`);
  }
}
