import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { TestkitError } from "./errors.ts";

const HOST = "127.0.0.1";
const ATTEMPTS = 50;

/** Below the ports that systems give to sockets by themselves, so that nobody gets one between its test and its use. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** `count` different UDP ports of loopback that are free now. @throws TestkitError when there are none. */
export function freeUdpPorts(count: number): Promise<number[]> {
  return freePorts(count, isFreeUdpPort);
}

/** `count` different TCP ports of loopback that are free now. @throws TestkitError when there are none. */
export function freeTcpPorts(count: number): Promise<number[]> {
  return freePorts(count, isFreeTcpPort);
}

async function freePorts(
  count: number,
  isFree: (port: number) => Promise<boolean>,
): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt >= ATTEMPTS + count) throw new TestkitError(`no ${count} free ports were found`);
    const port = randomInt(LOWEST, HIGHEST);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFreeUdpPort(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, HOST, () => socket.close(() => resolve(true)));
  });
}

function isFreeTcpPort(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
