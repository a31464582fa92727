import { bindSocket } from "./bind-socket.ts";
import type { DatagramReceiver, DatagramSocket, SocketOptions } from "./datagram-socket.ts";
import { NodeSocket } from "./node-socket.ts";

/**
 * Opens a UDP socket and hands what it receives to `receiver`, beginning after this promise is resolved.
 * @throws UdpError when the address cannot be opened or an option is out of its range.
 */
export async function openSocket(
  options: SocketOptions,
  receiver: DatagramReceiver,
): Promise<DatagramSocket> {
  return new NodeSocket(await bindSocket(options), receiver);
}
