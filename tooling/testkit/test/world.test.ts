import { afterEach, expect, test, vi } from "vitest";
import { type SansIoEndpoint, simulate, testSeeds, type VirtualSocket } from "../src/index.ts";

const serverAddress = { address: "10.0.1.1", port: 5684 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Asks until it is answered: the smallest endpoint with a retransmission. */
class Asker implements SansIoEndpoint {
  attempts = 0;
  answeredAt: number | undefined;
  #dueAt: number | undefined;
  readonly #socket: VirtualSocket;

  constructor(socket: VirtualSocket, now: number) {
    this.#socket = socket;
    this.#dueAt = now;
    socket.attach(this);
  }

  receive(_d: Uint8Array, _a: string, _p: number, _v: unknown, now: number): void {
    this.answeredAt ??= now;
    this.#dueAt = undefined;
  }

  handleTimeout(now: number): void {
    if (this.#dueAt === undefined || now < this.#dueAt) return;
    this.#dueAt = now + 1000 * 2 ** this.attempts;
    this.attempts += 1;
    this.#socket.transmit(Uint8Array.of(1), serverAddress);
  }

  nextTimeout(): number | undefined {
    return this.#dueAt;
  }
}

function answering(socket: VirtualSocket): SansIoEndpoint {
  return {
    receive: (datagram, address, port) => socket.transmit(datagram.slice(), { address, port }),
    handleTimeout: () => undefined,
    nextTimeout: () => undefined,
  };
}

test("minutes of retransmission pass at once", () => {
  simulate((world) => {
    const server = world.socket(serverAddress.address, serverAddress.port);
    server.attach(answering(server));
    world.network.setLink("10.0.0.1", serverAddress.address, { loss: 1 });
    const asker = new Asker(world.socket("10.0.0.1", 4000), world.now);
    world.runFor(60_000);
    expect(asker.attempts).toBe(6);
    world.network.setLink("10.0.0.1", serverAddress.address, { loss: 0 });
    world.runUntil(() => asker.answeredAt !== undefined);
    expect(asker.answeredAt).toBe(1000 + 63_000 + 2);
    world.runUntilIdle();
  });
});

test("an endpoint that stays due is named instead of hanging the test", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const run = (): void =>
    simulate((world) => {
      const socket = world.socket("10.0.0.1", 4000);
      const idle = (): void => undefined;
      socket.attach({ receive: idle, handleTimeout: idle, nextTimeout: () => world.now });
      world.runFor(1);
    });
  expect(run).toThrow(/10\.0\.0\.1:4000 stay due/);
});

test("a run is bounded in steps", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const run = (): void =>
    simulate(
      (world) => {
        const a = world.socket("10.0.0.1", 1);
        a.attach(answering(a));
        const b = world.socket("10.0.0.2", 1);
        b.attach(answering(b));
        a.transmit(Uint8Array.of(1), b.address);
        world.runUntil(() => false);
      },
      { maxSteps: 50 },
    );
  expect(run).toThrow(/no end after 50 steps/);
});

test("a failure prints the journal and names the seed that replays it", () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const run = (): void =>
    simulate(
      (world) => {
        world.note("about to fail");
        world.socket("fd00::1", 4000).transmit(Uint8Array.of(22, 1), serverAddress);
        world.runUntil(() => false, 5000);
      },
      { seed: 7 },
    );
  expect(run).toThrow(/came to rest.*SEED=7/s);
  const printed = String(print.mock.calls[0]?.[0]);
  expect(printed).toMatch(/about to fail/);
  expect(printed).toMatch(/nobody listens +\[fd00::1\]:4000 > 10\.0\.1\.1:5684 2 B type 22/);
});

test("a failure of an asynchronous body is explained, too", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const run = simulate(() => Promise.reject(new Error("late")), { seed: 9 });
  await expect(run).rejects.toThrow(/late \(SEED=9/);
  expect(print).toHaveBeenCalledOnce();
});

test("SEED chooses the seed", () => {
  vi.stubEnv("SEED", "7");
  expect(testSeeds(20)).toEqual([7]);
  expect(simulate((world) => world.seed)).toBe(7);
  vi.stubEnv("SEED", "");
  expect(testSeeds(3)).toEqual([1, 2, 3]);
  vi.stubEnv("SEED", "x");
  expect(() => testSeeds()).toThrow(/SEED=x/);
});

test("a socket moves and closes; paths through a router need one who takes them", () => {
  simulate((world) => {
    const socket = world.socket("10.0.0.1", 4000);
    const seen: string[] = [];
    const receive = (_d: Uint8Array, address: string): number => seen.push(address);
    socket.attach({ receive, handleTimeout: () => undefined, nextTimeout: () => undefined });
    const peer = world.socket("10.0.0.9", 1);
    socket.move({ address: "10.0.0.2", port: 4001 });
    peer.transmit(Uint8Array.of(1), { address: "10.0.0.1", port: 4000 });
    peer.transmit(Uint8Array.of(1), { address: "10.0.0.2", port: 4001 });
    world.runUntilIdle();
    expect(seen).toEqual(["10.0.0.9"]);
    expect(world.journal.count("nobody listens")).toBe(1);
    const path = { address: "10.0.0.9", port: 1, via: serverAddress };
    expect(() => socket.transmit(Uint8Array.of(1), path)).toThrow(/via 10\.0\.1\.1:5684/);
    socket.close();
    peer.transmit(Uint8Array.of(1), { address: "10.0.0.2", port: 4001 });
    world.runUntilIdle();
    expect(seen).toHaveLength(1);
  });
});
