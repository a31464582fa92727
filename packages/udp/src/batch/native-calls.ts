import { createSocket } from "node:dgram";
import { once } from "node:events";
import { kernelSockets, ownDescriptors } from "../kernel-sockets.ts";
import { MessageRing } from "./message-ring.ts";
import { decodePort, encodeIpv4Name } from "./socket-name.ts";

/** The two system calls. Both return the number of datagrams, or -1 with {@link errorNumber}. */
export interface NativeCalls {
  receive(descriptor: number, headers: bigint, count: number): number;
  send(descriptor: number, headers: bigint, count: number): number;
  errorNumber(): number;
  addressOf(memory: Uint8Array): bigint;
}

const dontWait = 0x40;
/** Their headers have the layout that {@link MessageRing} writes; both are little-endian. */
const supportedArchitectures: ReadonlySet<string> = new Set(["x64", "arm64"]);
const badDescriptor = 9;

let loading: Promise<NativeCalls | string> | undefined;

/** The calls, or why they cannot be used here. Tried once per process. */
export function nativeCalls(): Promise<NativeCalls | string> {
  loading ??= load().catch((error: unknown) => `koffi cannot be used: ${firstLine(error)}`);
  return loading;
}

async function load(): Promise<NativeCalls | string> {
  if (process.platform !== "linux" || !supportedArchitectures.has(process.arch)) {
    return `not available on ${process.platform} ${process.arch}`;
  }
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const receive = library.func("int recvmmsg(int, void *, unsigned int, int, void *)");
  const send = library.func("int sendmmsg(int, void *, unsigned int, int)");
  const calls: NativeCalls = {
    receive: (descriptor, headers, count) => receive(descriptor, headers, count, dontWait, null),
    send: (descriptor, headers, count) => send(descriptor, headers, count, dontWait),
    errorNumber: () => koffi.errno(),
    addressOf: (memory) => koffi.address(memory),
  };
  return (await selfTest(calls)) ?? calls;
}

/** Sends two datagrams to itself and looks at every field that came back. */
async function selfTest(calls: NativeCalls): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const local = socket.address();
    const descriptors = [...ownDescriptors(kernelSockets(local) ?? []).values()];
    const descriptor = descriptors[0];
    if (descriptors.length !== 1 || descriptor === undefined) return "descriptors are not visible";
    const outgoing = new MessageRing(2, 64, calls.addressOf);
    const incoming = new MessageRing(2, 64, calls.addressOf);
    if (calls.send(-1, outgoing.address, 1) !== -1 || calls.errorNumber() !== badDescriptor) {
      return "system errors are not reported";
    }
    for (const [slot, length] of [3, 64].entries()) {
      encodeIpv4Name(outgoing.names, slot * outgoing.nameStride, [127, 0, 0, 1], local.port);
      outgoing.put(slot, new Uint8Array(length).fill(slot + 7), 16);
    }
    // Loopback delivers within the call, so libuv does not come in between.
    if (calls.send(descriptor, outgoing.address, 2) !== 2) return "sendmmsg does not work";
    if (calls.receive(descriptor, incoming.address, 2) !== 2) return "recvmmsg does not work";
    const isWhole = [3, 64].every((length, slot) => {
      const datagram = incoming.datagram(slot);
      const port = decodePort(incoming.names, slot * incoming.nameStride);
      const bytesMatch = datagram.every((byte) => byte === slot + 7);
      return datagram.length === length && bytesMatch && port === local.port;
    });
    return isWhole ? undefined : "datagrams come back changed";
  } finally {
    socket.close();
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
