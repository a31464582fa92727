import { promises as dns } from "node:dns";
import { isIP } from "node:net";
import type { Discovery } from "@dtls-cluster/nodes";
import type { SocketAddress } from "./datagram-socket.ts";
import { errorCode } from "./errors.ts";

/** What {@link DnsDiscovery} asks; `dns.promises.Resolver` is one. */
export interface AddressResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  cancel(): void;
}

export interface DnsDiscoveryOptions {
  /**
   * A name with one address record per node, such as a headless service. Fully qualified: neither search
   * domains nor /etc/hosts are looked at. A literal address stands for itself.
   */
  readonly name: string;
  /** The cluster port of all nodes. */
  readonly port: number;
  /** Record types to ask for. Default "both". */
  readonly family?: "ipv4" | "ipv6" | "both";
  readonly resolver?: AddressResolver;
}

/** Answers that mean "there are no nodes", not "the resolver cannot be asked". */
const emptyAnswers: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

/** Nodes behind one DNS name. */
export class DnsDiscovery implements Discovery {
  readonly #options: DnsDiscoveryOptions;
  readonly #resolver: AddressResolver;

  constructor(options: DnsDiscoveryOptions) {
    this.#options = options;
    this.#resolver = options.resolver ?? new dns.Resolver({ timeout: 2000, tries: 2 });
  }

  /** Rejects only when no record type could be asked. */
  async discover(): Promise<readonly SocketAddress[]> {
    const { name, port, family = "both" } = this.#options;
    if (isIP(name) !== 0) return [{ address: name, port }];
    const questions: Promise<string[]>[] = [];
    if (family !== "ipv6") questions.push(orEmpty(this.#resolver.resolve4(name)));
    if (family !== "ipv4") questions.push(orEmpty(this.#resolver.resolve6(name)));
    const answers = await Promise.allSettled(questions);
    const failures = answers.filter((answer) => answer.status === "rejected");
    if (failures.length === answers.length) throw failures[0]?.reason;
    const addresses = answers.flatMap((a) => (a.status === "fulfilled" ? a.value : []));
    return [...new Set(addresses)].map((address) => ({ address, port }));
  }

  close(): void {
    this.#resolver.cancel();
  }
}

async function orEmpty(question: Promise<string[]>): Promise<string[]> {
  try {
    return await question;
  } catch (error) {
    if (emptyAnswers.has(errorCode(error))) return [];
    throw error;
  }
}
