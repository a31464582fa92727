import { afterEach, beforeEach, expect, test, vi } from "vitest";

const any = { address: "127.0.0.1", port: 0, warn: () => undefined };
const ignore = { receive: () => undefined };

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.doUnmock("koffi");
});

/** What openSocket makes of a koffi like this one; the calls are looked up once per process. */
async function attempt(koffi: () => unknown): Promise<{ reason: string | undefined; on: unknown }> {
  vi.doMock("koffi", koffi as () => Record<string, unknown>);
  const { openSocket } = await import("../src/index.ts");
  const socket = await openSocket({ ...any, batch: "auto" }, ignore);
  await socket.close();
  expect(socket.statistics().implementation).toBe("node");
  const on = await openSocket({ ...any, batch: "on" }, ignore).catch((error: unknown) => error);
  return { reason: socket.statistics().batchUnavailable, on };
}

function koffiWith(functions: Record<string, () => number>): () => unknown {
  const fake = {
    load: () => ({
      func: (text: string) => functions[/(recv|send)mmsg/.exec(text)?.[0] ?? ""] ?? (() => -1),
    }),
    errno: () => 9,
    address: () => 0n,
  };
  return () => ({ default: fake });
}

test("without koffi there is node:dgram, or an error when batches were demanded", async () => {
  const { reason, on } = await attempt(() => {
    throw new Error("no such package\nand more");
  });
  expect(reason).toBeTruthy();
  expect(reason).not.toContain("\n");
  expect(on).toMatchObject({ name: "UdpError", code: "UDP_BATCH_UNAVAILABLE" });
});

test("calls that do not do what they should are not used", async (context) => {
  if (process.platform !== "linux") context.skip("batches exist on Linux only");
  const failing = await attempt(koffiWith({}));
  expect(failing.reason).toBe("sendmmsg does not work");
  vi.resetModules();
  let sends = 0;
  const pretending = await attempt(
    koffiWith({ sendmmsg: () => (sends++ === 0 ? -1 : 2), recvmmsg: () => 2 }),
  );
  expect(pretending.reason).toBe("datagrams come back changed");
  expect(pretending.on).toMatchObject({ code: "UDP_BATCH_UNAVAILABLE" });
});
