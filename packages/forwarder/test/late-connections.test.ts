import { simulate, testSeeds, type World } from "@dtls-cluster/testkit";
import { expect, test } from "vitest";
import { cidRecord, Host, imbalances } from "./cluster.ts";

const CONNECTIONS = 30;
const REQUESTS = 20;

/** Connections that follow from the old to the new process of node 1 while their clients go on. */
class LatePhase {
  readonly executed = new Map<number, number>();
  readonly next = new Host(1, "10.0.1.1");
  readonly #world: World;
  readonly #old = new Host(1, "10.0.0.1");
  readonly #other = new Host(2, "10.0.0.2");
  readonly #atOld = new Set(Array.from({ length: CONNECTIONS }, (_, index) => index));
  readonly #atNext = new Set<number>();
  #streamFreeAt = 0;

  constructor(world: World) {
    this.#world = world;
    const [old, next, other] = [this.#old, this.next, this.#other];
    old.knows(1, next.address, 0);
    old.knows(2, other.address);
    next.knows(1, old.address);
    other.knows(1, old.address);
    old.forwarder.relayTo(next.address, 2, true);
    next.forwarder.setLateDouble(old.address);
    old.takes = (datagram) => this.#execute(datagram, this.#atOld);
    next.takes = (datagram) => this.#execute(datagram, this.#atNext);
    for (const host of this.hosts) {
      const { address, port } = host.address;
      const socket = world.socket(address, port);
      const pump = (): void => {
        for (const { frame, to } of host.frames.splice(0)) socket.transmit(frame, to);
      };
      socket.attach({
        receive: (frame, from, fromPort, _via, now) => {
          host.forwarder.receiveCluster(frame, from, fromPort, now);
          pump();
        },
        handleTimeout: () => undefined,
        nextTimeout: () => undefined,
      });
      host.receive = (datagram, now) => {
        const outcome = host.forwarder.receivePublic(datagram, "198.51.100.7", 40_000, now ?? 0);
        pump();
        return outcome;
      };
    }
  }

  get hosts(): readonly Host[] {
    return [this.#old, this.next, this.#other];
  }

  /** The old process gives the connection away; the stream, in order, takes it to the new one. */
  move(connection: number, streamMs: number): void {
    this.#atOld.delete(connection);
    this.#streamFreeAt = Math.max(this.#streamFreeAt, this.#world.now + streamMs);
    this.#world.clock.at(this.#streamFreeAt, () => {
      this.#atNext.add(connection);
      this.next.forwarder.retryParked(this.#world.now);
    });
  }

  #execute(datagram: Uint8Array, connections: ReadonlySet<number>): boolean {
    const request = ((datagram[9] ?? 0) << 8) | (datagram[10] ?? 0);
    if (!connections.has(Math.floor(request / REQUESTS))) return false;
    this.executed.set(request, (this.executed.get(request) ?? 0) + 1);
    return true;
  }
}

test("requests of connections that follow late are executed once, wherever and whenever they arrive", () => {
  let parked = 0;
  for (const seed of testSeeds(20)) {
    simulate(
      (world) => {
        world.network.setConditions({ delayMs: 1, jitterMs: 3 });
        const random = world.random();
        const phase = new LatePhase(world);
        for (let connection = 0; connection < CONNECTIONS; connection += 1) {
          world.clock.after(random.integer(200), () => phase.move(connection, random.integer(40)));
          for (let index = 0; index < REQUESTS; index += 1) {
            const request = connection * REQUESTS + index;
            const host = phase.hosts[random.integer(3)];
            world.clock.after(random.integer(300), () => {
              host?.receive(cidRecord(1, request), world.now);
            });
          }
        }
        world.runUntilIdle();
        expect(phase.executed.size).toBe(CONNECTIONS * REQUESTS);
        expect([...phase.executed.values()].every((times) => times === 1)).toBe(true);
        for (const host of phase.hosts) expect(imbalances(host.forwarder)).toEqual([]);
        expect(phase.next.forwarder.counters().dropParked).toBe(0);
        parked += phase.next.forwarder.counters().parked;
      },
      { seed },
    );
  }
  expect(parked).toBeGreaterThan(0);
});
