import { createSocket } from "node:dgram";
import { InteropError } from "./interop-error.ts";

const HOST = "127.0.0.1";
const ATTEMPTS = 50;

/** The first of `count` neighbouring UDP ports of loopback that are free now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const first = await bind(0);
    if (first === undefined) continue;
    const ports = [first];
    while (ports.length < count) {
      const next = await bind(first + ports.length);
      if (next === undefined) break;
      ports.push(next);
    }
    if (ports.length === count) return first;
  }
  throw new InteropError(`no ${count} neighbouring free ports in ${ATTEMPTS} attempts`);
}

/** Takes a port and frees it again; undefined when it is in use. */
function bind(port: number): Promise<number | undefined> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => socket.close(() => resolve(undefined)));
    socket.bind(port, HOST, () => {
      const { port: bound } = socket.address();
      socket.close(() => resolve(bound));
    });
  });
}
