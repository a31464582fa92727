import type { DatagramReceiver, DatagramSocket, EndpointDriver } from "@dtls-cluster/udp";
import type { ServerConfig } from "../config/config.ts";
import type { Logger } from "../log.ts";
import { openNamedSocket } from "./sockets.ts";

/** What takes a datagram: the public DTLS side, the plain CoAP side, the cluster channel. */
export type TakeDatagram = (
  datagram: Uint8Array,
  address: string,
  port: number,
  now: number,
) => void;

export interface NodeSockets {
  readonly coaps: DatagramSocket;
  readonly coap: DatagramSocket | undefined;
  readonly cluster: DatagramSocket | undefined;
}

/** Opens the sockets of a node, all or none. @throws ConfigError that names the option. */
export async function openNodeSockets(
  config: ServerConfig,
  takers: {
    readonly coaps: TakeDatagram;
    readonly coap: TakeDatagram | undefined;
    readonly cluster: TakeDatagram | undefined;
  },
  driver: EndpointDriver,
  log: Logger,
): Promise<NodeSockets> {
  const open: DatagramSocket[] = [];
  const openOne = async (
    option: string,
    address: ServerConfig["coaps"],
    take: TakeDatagram,
  ): Promise<DatagramSocket> => {
    const receiver = receiverFor(take, driver, log);
    const socket = await openNamedSocket(option, address, config, receiver, log);
    open.push(socket);
    return socket;
  };
  try {
    return {
      coaps: await openOne("--coaps", config.coaps, takers.coaps),
      coap:
        config.coap === undefined || takers.coap === undefined
          ? undefined
          : await openOne("--coap", config.coap, takers.coap),
      cluster:
        config.cluster === undefined || takers.cluster === undefined
          ? undefined
          : await openOne("--cluster", config.cluster.address, takers.cluster),
    };
  } catch (error) {
    await Promise.all(open.map((socket) => socket.close()));
    throw error;
  }
}

function receiverFor(take: TakeDatagram, driver: EndpointDriver, log: Logger): DatagramReceiver {
  let failures = 0;
  return {
    receive: (datagram, port, address) => take(datagram, address, port, driver.receiveTime()),
    endOfBatch: () => driver.endOfBatch(),
    failed(error) {
      failures += 1;
      if (failures > 10) return;
      log.error(
        { event: "internal-error", reason: error instanceof Error ? error.stack : "unknown" },
        "a datagram was given up because of a defect of this program",
      );
    },
  };
}
