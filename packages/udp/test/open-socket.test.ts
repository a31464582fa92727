import { eventually } from "@dtls-cluster/testkit";
import { afterEach, expect, test } from "vitest";
import {
  type DatagramReceiver,
  type DatagramSocket,
  openSocket,
  type SocketOptions,
  type SocketWarning,
} from "../src/index.ts";

const ignore: DatagramReceiver = { receive: () => undefined };
const sockets: DatagramSocket[] = [];

afterEach(async () => {
  await Promise.all(sockets.splice(0).map((socket) => socket.close()));
});

async function open(
  options: Partial<SocketOptions> = {},
  receiver = ignore,
): Promise<DatagramSocket> {
  const all = { address: "127.0.0.1", port: 0, warn: () => undefined, ...options };
  const socket = await openSocket(all, receiver);
  sockets.push(socket);
  return socket;
}

test("a port in use is one clear line with a stable code", async () => {
  const { port } = (await open()).address;
  await expect(open({ port })).rejects.toMatchObject({
    name: "UdpError",
    code: "UDP_ADDRESS_IN_USE",
    message: `UDP 127.0.0.1:${port} is in use by another socket`,
    cause: { code: "EADDRINUSE" },
  });
});

test.each([
  [
    { address: "192.0.2.1" },
    "UDP_ADDRESS_NOT_AVAILABLE",
    /192\.0\.2\.1:0 is not an address of this/,
  ],
  [{ address: "2001:db8::1" }, "UDP_ADDRESS_NOT_AVAILABLE", /\[2001:db8::1\]:0 is not an address/],
  [{ address: "localhost" }, "UDP_ADDRESS_INVALID", /"localhost" is not an IPv4 or IPv6 address/],
  [{ port: 65_536 }, "UDP_OPTION_INVALID", /port 65536: expected 0 to 65535/],
  [{ port: 1.5 }, "UDP_OPTION_INVALID", /port 1\.5/],
  [{ receiveBufferBytes: 0 }, "UDP_OPTION_INVALID", /receiveBufferBytes 0: expected 1 to/],
  [{ sendBufferBytes: 2 ** 31 }, "UDP_OPTION_INVALID", /sendBufferBytes 2147483648/],
])("%o is refused with %s", async (options, code, message) => {
  const failure = open(options);
  await expect(failure).rejects.toMatchObject({ code });
  await expect(failure).rejects.toThrow(message);
});

test("the granted buffers are reported, and a small one is warned about once", async () => {
  const warnings: SocketWarning[] = [];
  const warn = (warning: SocketWarning): number => warnings.push(warning);
  const modest = await open({ receiveBufferBytes: 65_536, sendBufferBytes: 65_536, warn });
  expect(modest.statistics()).toMatchObject({
    receiveBufferBytes: 65_536,
    sendBufferBytes: 65_536,
  });
  expect(warnings).toEqual([]);
  const wanted = 2 ** 30;
  const granted = (await open({ receiveBufferBytes: wanted, warn })).statistics()
    .receiveBufferBytes;
  if (granted * 4 > wanted * 3) return; // A host that grants a gigabyte has nothing to warn about.
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.code).toBe("UDP_RECEIVE_BUFFER_SMALL");
  expect(warnings[0]?.message).toMatch(new RegExp(`of ${granted} bytes .*rmem_max=${wanted}`));
  expect(warnings[0]?.message).not.toContain("\n");
});

const modes = ["off", "auto"] as const;

test.each(modes)("a dual-stack socket talks IPv4 in IPv4 addresses, batch %s", async (batch) => {
  const seen: string[] = [];
  const server = await open(
    { address: "::", batch },
    {
      receive: (datagram, port, address) => {
        seen.push(address);
        server.send(Uint8Array.from(datagram), port, address);
      },
    },
  );
  let answers = 0;
  const receiver: DatagramReceiver = { receive: () => (answers += 1) };
  const ipv4 = await open({ address: "127.0.0.1" }, receiver);
  const ipv6 = await open({ address: "::1" }, receiver);
  ipv4.send(Uint8Array.of(4), server.address.port, "127.0.0.1");
  await eventually(() => answers === 1);
  ipv6.send(Uint8Array.of(6), server.address.port, "::1");
  await eventually(() => answers === 2);
  expect(seen).toEqual(["127.0.0.1", "::1"]);
});

test("an IPv6-only socket leaves the port to IPv4", async () => {
  const { port } = (await open({ address: "::", ipv6Only: true })).address;
  const ipv4 = await open({ address: "0.0.0.0", port });
  expect(ipv4.address).toEqual({ address: "0.0.0.0", port });
});

test("sockets may share a port when both say so", async () => {
  const { port } = (await open({ reusePort: true })).address;
  expect((await open({ port, reusePort: true })).address.port).toBe(port);
});

test("what the kernel drops for a full buffer is counted, for the socket it happened to", async (ctx) => {
  const first = await open({ receiveBufferBytes: 4096, reusePort: true });
  if (first.statistics().kernelDrops === undefined) ctx.skip("the kernel shows no drops here");
  const { port } = first.address;
  const second = await open({ port, receiveBufferBytes: 8192, reusePort: true });
  const sender = await open();
  for (let index = 0; index < 500; index += 1) sender.send(new Uint8Array(200), port, "127.0.0.1");
  await eventually(() => sender.statistics().sent === 500);
  await first.close();
  await second.close();
  const drops = [first, second].map((socket) => socket.statistics().kernelDrops ?? 0);
  // One flow goes to one of the two.
  expect(drops[0] === 0 || drops[1] === 0).toBe(true);
  expect((drops[0] ?? 0) + (drops[1] ?? 0)).toBeGreaterThan(0);
});

test("drops and deliveries add up to what was sent", async (ctx) => {
  let received = 0;
  const target = await open({ receiveBufferBytes: 4096 }, { receive: () => (received += 1) });
  if (target.statistics().kernelDrops === undefined) ctx.skip("the kernel shows no drops here");
  const sender = await open();
  const { port } = target.address;
  for (let index = 0; index < 500; index += 1) sender.send(new Uint8Array(200), port, "127.0.0.1");
  await eventually(() => sender.statistics().sent === 500);
  await eventually(() => received > 0);
  await target.close();
  const { kernelDrops = 0 } = target.statistics();
  expect(kernelDrops).toBeGreaterThan(100);
  expect(kernelDrops + received).toBe(500);
});

test("drops show while the socket is open, without a reading that holds the process up", async (ctx) => {
  const target = await open({ receiveBufferBytes: 4096 });
  if (target.statistics().kernelDrops === undefined) ctx.skip("the kernel shows no drops here");
  const sender = await open();
  const { port } = target.address;
  for (let index = 0; index < 500; index += 1) sender.send(new Uint8Array(200), port, "127.0.0.1");
  await eventually(() => (target.statistics().kernelDrops ?? 0) > 100);
});
