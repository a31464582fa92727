import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { InteropError } from "./interop-error.ts";

const HOST = "127.0.0.1";
const ATTEMPTS = 50;

/** Below the ports that systems give to sockets by themselves, so that nobody gets one between its test and its use. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** The first of `count` neighbouring UDP ports of loopback that are free now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const first = randomInt(LOWEST, HIGHEST);
    let free = 0;
    while (free < count && (await isFree(first + free))) free += 1;
    if (free === count) return first;
  }
  throw new InteropError(`no ${count} neighbouring free ports in ${ATTEMPTS} attempts`);
}

function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, HOST, () => socket.close(() => resolve(true)));
  });
}
