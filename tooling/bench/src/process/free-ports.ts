import { createSocket, type Socket } from "node:dgram";

/** UDP ports of loopback that are free now, all bound at once so that they differ. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, bindAnyPort));
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(
    sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
  );
  return ports;
}

function bindAnyPort(): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => resolve(socket));
  });
}
