/**
 * CPU time of a server process per datagram that it receives and sends back, for each kind of socket. The
 * load comes from a process of its own. Run from the root:
 *
 *   node --conditions=@dtls-cluster/source packages/udp/bench/echo.bench.ts [seconds] [window] [rounds]
 */
import { type ChildProcess, fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type DatagramSocket, openSocket } from "../src/index.ts";

const kinds = ["bare", "node", "batch"] as const;
type Kind = (typeof kinds)[number];
const host = "127.0.0.1";
const datagramBytes = 80;

const [role = "3", argument = "256", rounds = "1"] = process.argv.slice(2);
if (role === "server") await serve(argument as Kind);
else if (role === "client") await load(Number(argument));
else await measure(Number(role), Number(argument), Number(rounds));

async function measure(seconds: number, window: number, count: number): Promise<void> {
  console.log(`echo of ${datagramBytes} bytes, ${window} in flight, ${seconds} s each`);
  console.log("socket   echoes/s   CPU µs/echo   user   system");
  for (let round = 0; round < count; round += 1) {
    for (const kind of kinds) await measureKind(kind, seconds, window);
  }
}

async function measureKind(kind: Kind, seconds: number, window: number): Promise<void> {
  const server = start("server", kind);
  const client = start("client", String(window));
  const [port] = await once(server, "message");
  await once(client, "message");
  client.send(port as number);
  await pause(0.5);
  const before = await ask(server);
  await pause(seconds);
  const after = await ask(server);
  const echoes = after.echoes - before.echoes;
  const user = (after.user - before.user) / echoes;
  const system = (after.system - before.system) / echoes;
  const columns = [(user + system).toFixed(2), user.toFixed(2), system.toFixed(2)];
  const rate = (echoes / seconds).toFixed(0);
  console.log(
    `${kind.padEnd(6)}${rate.padStart(11)}${columns.map((c, i) => c.padStart([14, 7, 9][i] ?? 0)).join("")}`,
  );
  for (const child of [client, server]) {
    child.disconnect();
    await once(child, "exit");
  }
}

interface Sample {
  readonly echoes: number;
  readonly user: number;
  readonly system: number;
}

async function ask(server: ChildProcess): Promise<Sample> {
  const answer = once(server, "message");
  server.send("sample");
  return (await answer)[0] as Sample;
}

function start(...args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), args);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function serve(kind: Kind): Promise<void> {
  let echoes = 0;
  let port: number;
  if (kind === "bare") {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
    socket.on("message", (datagram, remote) => {
      echoes += 1;
      socket.send(datagram, remote.port, remote.address);
    });
    socket.bind(0, host);
    await once(socket, "listening");
    port = socket.address().port;
  } else {
    const batch = kind === "batch" ? "on" : "off";
    const socket: DatagramSocket = await openSocket(
      { address: host, port: 0, batch, receiveBufferBytes: 4 << 20 },
      {
        receive: (datagram, peerPort, address) => {
          echoes += 1;
          socket.send(datagram, peerPort, address);
        },
        endOfBatch: () => undefined,
      },
    );
    port = socket.address.port;
  }
  process.on("disconnect", () => process.exit());
  process.on("message", () => process.send?.({ echoes, ...process.cpuUsage() }));
  process.send?.(port);
}

async function load(window: number): Promise<void> {
  const datagram = new Uint8Array(datagramBytes);
  let port = 0;
  let answers = 0;
  const socket = await openSocket(
    { address: host, port: 0, batch: "auto", receiveBufferBytes: 4 << 20 },
    {
      receive: () => {
        answers += 1;
        socket.send(datagram, port, host);
      },
    },
  );
  let seen = -1;
  const fill = (): void => {
    // A datagram that got lost would shrink the window for ever.
    if (answers === seen)
      for (let index = 0; index < window; index += 1) socket.send(datagram, port, host);
    seen = answers;
  };
  process.on("disconnect", () => process.exit());
  process.on("message", (value) => {
    port = value as number;
    for (let index = 0; index < window; index += 1) socket.send(datagram, port, host);
    setInterval(fill, 200);
  });
  process.send?.("ready");
}
