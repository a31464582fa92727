/*
 * Sends a flood until SIGTERM: main.ts KIND TARGET-PORT PSK PORT-TO-FLOOD PER-SECOND. The port to flood is the target's, or 0:
 * then the datagrams go to a socket of this process that discards them. Prints how many were sent so far, ten times a second.
 */
import { openSocket } from "@dtls-cluster/udp";
import { type FloodKind, floodDatagrams } from "./datagrams.ts";

const SOCKETS = 64;
const MOST_AT_ONCE = 2048;

const [kind, targetPort, psk = "", floodedPort, perSecond] = process.argv.slice(2);
const server = { address: "127.0.0.1", port: Number(targetPort), psk };
const next = await floodDatagrams(kind as FloodKind, server);
const deaf = { receive: () => {} };
const open = (address: string) => openSocket({ address, port: 0, batch: "auto" }, deaf);
const sockets = await Promise.all(
  Array.from({ length: SOCKETS }, (_, index) => open(`127.0.${1 + index}.1`)),
);
const sink = await open("127.0.0.1");
const port = Number(floodedPort) || sink.address.port;

const start = performance.now();
let sent = 0;
let attempted = 0;
let reported = 0;
const send = (): void => {
  const elapsed = performance.now() - start;
  // What the machine does not manage is left out, and not made up for later.
  const due = Math.min(MOST_AT_ONCE, Math.floor((elapsed / 1000) * Number(perSecond)) - attempted);
  for (let i = 0; i < due; i += 1) {
    const socket = sockets[(sent >> 6) % SOCKETS];
    socket?.send(next(sent), port, "127.0.0.1");
    sent += 1;
  }
  attempted = Math.floor((elapsed / 1000) * Number(perSecond));
  if (elapsed - reported >= 100) {
    reported = elapsed;
    console.log(String(sent));
  }
  setTimeout(send, 1);
};
send();
