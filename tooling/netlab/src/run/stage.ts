import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../lab-error.ts";
import { Lab, type Pod } from "../net/lab.ts";
import type { Balancing } from "../net/service.ts";
import { Tap } from "../tap/tap.ts";
import { writeCertificates } from "./certificates.ts";
import { createFolder } from "./folder.ts";
import { LoadProcess, type LoadSettings } from "./load-process.ts";
import { ServerProcess } from "./server-process.ts";
import { ServiceController } from "./service-controller.ts";

const READY_TIMEOUT_MS = 60_000;
const TAP_DELAY_MS = 1200;
const PSK = "cali.*:.fornium";

export interface StageSettings {
  readonly balancing: Balancing;
  /** Tracked connections end with their endpoint. */
  readonly forgets: boolean;
  readonly nodes: number;
  readonly clusterLevel: ClusterLevel;
}

/** Protection between the nodes, with a secret of the run's own. */
export type ClusterLevel = "udp" | "dtls" | "dtls-mac";
export const clusterLevels: readonly ClusterLevel[] = ["udp", "dtls", "dtls-mac"];

/** A lab with servers, load and taps, for one run. */
export class Stage {
  readonly lab: Lab;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly taps: Tap[] = [];
  /** All server processes that there ever were. */
  readonly servers: ServerProcess[] = [];
  readonly #settings: StageSettings;
  readonly #keeps: boolean;
  readonly #loads: LoadProcess[] = [];
  readonly #failure = new AbortController();
  readonly #environment: Readonly<Record<string, string>>;
  #certificates = "";
  #controller: ServiceController | undefined;
  #group: readonly ServerProcess[] = [];
  #generation = 0;
  #isStopped = false;

  /**
   * @param interrupted ends the run early.
   * @param keeps the folder with logs, figures and captures stays.
   */
  constructor(settings: StageSettings, interrupted: AbortSignal, keeps: boolean) {
    this.#settings = settings;
    this.#environment = environmentOf(settings.clusterLevel);
    this.lab = new Lab(settings.balancing);
    this.#keeps = keeps;
    this.folder = createFolder(keeps);
    this.signal = AbortSignal.any([interrupted, this.#failure.signal]);
  }

  get controller(): ServiceController {
    if (this.#controller === undefined) throw new Error("the stage is not open");
    return this.#controller;
  }

  /** The servers that have the node ids now. */
  get group(): readonly ServerProcess[] {
    return this.#group;
  }

  /** Builds the lab, starts the taps and the first servers. Call {@link close} also when it fails. */
  async open(): Promise<void> {
    this.#certificates = writeCertificates(join(this.folder, "certs"));
    await this.lab.open();
    const fail = (error: unknown): void => this.#failure.abort(error);
    this.#controller = new ServiceController(this.lab, this.#settings.forgets, fail);
    await this.#tap("client side", this.lab.client, "eth0");
    await this.#tap("service side", this.lab.router, "uplink");
    const servers = await this.startGroup();
    this.#group = servers;
    await this.within(READY_TIMEOUT_MS, "the first nodes are not ready", (signal) =>
      this.controller.settled(podsOf(servers), signal),
    );
  }

  /** Starts one server for each node id, as doubles of those that have them now. */
  async startGroup(): Promise<readonly ServerProcess[]> {
    const colour = String.fromCharCode(97 + (this.#generation % 26));
    this.#generation += 1;
    const pods: Pod[] = [];
    for (let id = 1; id <= this.#settings.nodes; id += 1) {
      pods.push(await this.lab.addPod(`${colour}${id}`));
    }
    return pods.map((pod, index) => {
      const server = new ServerProcess(pod, {
        nodeId: index + 1,
        psk: PSK,
        environment: this.#environment,
        certificates: this.#certificates,
        group: pods,
        double: this.#group[index]?.pod,
        logFile: join(this.folder, `server-${pod.name}.log`),
      });
      this.servers.push(server);
      this.controller.watch(pod);
      return server;
    });
  }

  /** The new servers have the node ids from now on. */
  replaceGroup(servers: readonly ServerProcess[]): void {
    this.#group = servers;
  }

  startLoad(settings: Omit<LoadSettings, "psk" | "jsonFile">): LoadProcess {
    const jsonFile = join(this.folder, `load-${this.#loads.length}.json`);
    const load = new LoadProcess(this.lab.client, { ...settings, psk: PSK, jsonFile });
    this.#loads.push(load);
    return load;
  }

  /** Runs a step that has a limit and that an interruption ends. @throws LabError */
  async within<T>(
    ms: number,
    otherwise: string,
    step: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = AbortSignal.timeout(ms);
    const signal = AbortSignal.any([this.signal, limit]);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(limit.aborted ? new LabError(`${otherwise} after ${ms / 1000} s`) : signal.reason);
      });
    });
    signal.throwIfAborted();
    return Promise.race([step(signal), aborted]);
  }

  /** Waits, unless the run is interrupted. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.signal.throwIfAborted();
      const stop = (): void => {
        clearTimeout(timer);
        reject(this.signal.reason);
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      this.signal.addEventListener("abort", stop);
    });
  }

  /** Ends servers, load and taps in this order, so that nothing that is sent is missed. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    await Promise.all(this.servers.map((server) => server.stop()));
    // Tcpdump gives up what is still in its buffer, and gets it within a second.
    if (!this.#isStopped) await sleep(TAP_DELAY_MS);
    this.#isStopped = true;
    await Promise.all(this.taps.map((tap) => tap.stop()));
  }

  /** Removes the lab. */
  async close(): Promise<void> {
    this.#controller?.close();
    try {
      await this.stopAll();
    } finally {
      await this.lab.close();
      if (!this.#keeps) rmSync(this.folder, { recursive: true, force: true });
    }
  }

  async #tap(name: string, namespace: Lab["client"], networkInterface: string): Promise<void> {
    const file = join(this.folder, `${name.replaceAll(" ", "-")}.pcap`);
    this.taps.push(await Tap.start(name, namespace, networkInterface, file));
  }
}

export function podsOf(servers: readonly ServerProcess[]): Pod[] {
  return servers.map((server) => server.pod);
}

function environmentOf(level: ClusterLevel): Readonly<Record<string, string>> {
  const secret = (): string => randomBytes(32).toString("base64");
  const shared = { DTLS_CLUSTER_COOKIE_SECRET_BASE64: secret(), DTLS_CLUSTER_LEVEL: level };
  if (level === "udp") return shared;
  return {
    ...shared,
    DTLS_CID_MGMT_IDENTITY: "netlab",
    DTLS_CID_MGMT_SECRET_BASE64: secret(),
  };
}
