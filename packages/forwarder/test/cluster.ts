import { NodesTable } from "@dtls-cluster/nodes";
import { createCidLayout, type SocketAddress } from "@dtls-cluster/wire";
import { Forwarder, type ForwarderOptions } from "../src/index.ts";

export const cidLength = 6;
export const client: SocketAddress = { address: "198.51.100.7", port: 40_000 };

/** A `tls12_cid` record of the node with `length` octets of ciphertext. */
export function cidRecord(nodeId: number, sequence = 1000, length = 24): Uint8Array {
  const bytes = new Uint8Array(13 + cidLength + length).fill(0xab);
  bytes.set([25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, sequence >> 8, sequence & 255, nodeId], 0);
  bytes.set([length >> 8, length & 255], 11 + cidLength);
  return bytes;
}

/** A record of epoch 0 without Connection ID. */
export function plainRecord(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(13 + length).fill(1);
  bytes.set([type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 255]);
  return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** ClientKeyExchange, ChangeCipherSpec and Finished in one datagram. */
export function lastFlight(nodeId: number): Uint8Array {
  return concat(plainRecord(22, 30), plainRecord(20, 1), cidRecord(nodeId, 0));
}

export interface Delivered {
  readonly datagram: Uint8Array;
  readonly from: string;
  readonly via: SocketAddress | undefined;
}

/** One forwarder with what it put out; `takes` plays the local endpoint. */
export class Host {
  readonly delivered: Delivered[] = [];
  readonly published: { record: Uint8Array; to: string }[] = [];
  readonly frames: { frame: Uint8Array; to: SocketAddress }[] = [];
  readonly table: NodesTable = new NodesTable();
  readonly forwarder: Forwarder;
  readonly address: SocketAddress;
  takes: (datagram: Uint8Array) => boolean = () => true;

  constructor(nodeId: number, address: string, options: Partial<ForwarderOptions> = {}) {
    this.address = { address, port: 5884 };
    const entropy = { fill: (target: Uint8Array) => void target.fill(0x5a) };
    const layout = createCidLayout({ nodeId, length: cidLength, entropy });
    this.forwarder = new Forwarder(
      { layout, table: this.table, ...options },
      {
        deliver: (datagram, from, port, via) => {
          this.delivered.push({ datagram: datagram.slice(), from: `${from}:${port}`, via });
          return this.takes(datagram);
        },
        sendCluster: (frame, to) => this.frames.push({ frame, to }),
        sendPublic: (record, to, port) => {
          this.published.push({ record: record.slice(), to: `${to}:${port}` });
        },
      },
    );
  }

  knows(id: number, host: SocketAddress, generation = 1, instance: number | undefined = 1): void {
    const claim = { id, generation, state: 2, instance: instance && instance + host.port + id };
    this.table.update(claim, host.address, host.port, 0);
  }

  receive(datagram: Uint8Array, now = 0): string {
    return this.forwarder.receivePublic(datagram, client.address, client.port, now);
  }
}

/** Delivers cluster frames until none is left; returns how many there were. */
export function settle(hosts: readonly Host[], now = 0): number {
  let count = 0;
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const host of hosts) {
      for (const { frame, to } of host.frames.splice(0)) {
        if (++count > 1000) throw new Error("frames go round in circles");
        isBusy = true;
        const target = hosts.find((other) => other.address.address === to.address);
        const { address, port } = host.address;
        target?.forwarder.receiveCluster(frame, address, port, now);
      }
    }
  }
  return count;
}

const groups = {
  received: [
    "own",
    "local",
    "forwarded",
    "relayed",
    "hinted",
    "spread",
    "unplaced",
    "dropUnknownNode",
    "dropForward",
    "dropMalformed",
  ],
  receivedCluster: [
    "processForwarded",
    "parked",
    "relayedForward",
    "sendBackwarded",
    "relayedBackward",
    "badForward",
    "badBackward",
    "dropMalformedFrame",
    "dropNoKeys",
    "dropUnknownSource",
    "dropHopLimit",
    "dropRelay",
    "dropUnknownRouter",
  ],
  answers: ["backwarded", "backwardRelayed", "backwardDirect", "dropBackward"],
} as const;

/** Every counter but the totals, the drained and the parked ones is in exactly one group. */
export function imbalances(forwarder: Forwarder): string[] {
  const counters = forwarder.counters();
  const found: string[] = [];
  for (const total of ["received", "receivedCluster", "answers"] as const) {
    let sum = 0;
    for (const name of groups[total]) sum += counters[name];
    if (sum !== counters[total]) found.push(`${total} ${counters[total]} is not ${sum}`);
  }
  const named: number = Object.values(groups).flat().length + 3 + 4;
  if (Object.keys(counters).length !== named) found.push("a counter is in no group");
  return found;
}
