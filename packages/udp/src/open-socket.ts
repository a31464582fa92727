import { BatchSocket } from "./batch/batch-socket.ts";
import { nativeCalls } from "./batch/native-calls.ts";
import { bindSocket } from "./bind-socket.ts";
import type { DatagramReceiver, DatagramSocket, SocketOptions } from "./datagram-socket.ts";
import { UdpError } from "./errors.ts";
import { KernelDrops } from "./kernel-drops.ts";
import { NodeSocket } from "./node-socket.ts";

/**
 * Opens a UDP socket and hands what it receives to `receiver`, beginning after this promise is resolved.
 * @throws UdpError when the address cannot be opened, an option is out of its range, or batches are
 * demanded and not available.
 */
export async function openSocket(
  options: SocketOptions,
  receiver: DatagramReceiver,
): Promise<DatagramSocket> {
  const batch = options.batch ?? "off";
  const calls = batch === "off" ? undefined : await nativeCalls();
  if (batch === "on" && typeof calls === "string") throw batchUnavailable(calls);
  const socket = await bindSocket(options);
  const { address, port } = socket.address();
  const kernelDrops = new KernelDrops({ address, port });
  const { descriptor } = kernelDrops;
  if (typeof calls === "object" && descriptor !== undefined) {
    return new BatchSocket(socket, receiver, kernelDrops, descriptor, calls);
  }
  const reason = typeof calls === "object" ? "the socket's descriptor is not visible" : calls;
  if (batch === "on" && reason !== undefined) {
    kernelDrops.release();
    socket.close();
    throw batchUnavailable(reason);
  }
  return new NodeSocket(socket, receiver, kernelDrops, reason);
}

function batchUnavailable(reason: string): UdpError {
  return new UdpError("UDP_BATCH_UNAVAILABLE", `UDP batches are not available: ${reason}`);
}
