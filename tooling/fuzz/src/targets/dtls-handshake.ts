import { Random } from "@dtls-cluster/testkit";
import { type FuzzTarget, promise } from "../fuzz-target.ts";
import { mutate } from "../mutate.ts";
import { DtlsWorld, type Underway } from "./dtls-world.ts";

/** Datagrams that a run may take before the network becomes honest. */
const MAX_STEPS = 200;

/**
 * A handshake through somebody who changes, drops, doubles, delays and reorders its datagrams in both directions: the
 * input says what happens to each.
 */
export const dtlsHandshake: FuzzTarget = {
  name: "dtls-handshake",
  summary: "whole handshakes with changed flights, seen from both roles",
  seeds: () =>
    Array.from({ length: 24 }, (_, index) =>
      Uint8Array.from({ length: 24 }, (_, at) => (at === index ? 0x80 + index * 5 : 0)),
    ),
  run(input) {
    const world = new DtlsWorld();
    const attacked = world.connect(7001, { mtu: (input[0] ?? 0) % 2 === 0 ? 1232 : 256 });
    const history: Underway[] = [];
    const outcomes = new Set<string>();
    for (let step = 1; step < Math.min(input.length, MAX_STEPS); step += 1) {
      const next = world.wire.shift();
      if (next === undefined) {
        world.now += 1100;
        world.handleTimeouts();
        continue;
      }
      history.push(next);
      for (const datagram of fateOf(next, history, input[step] as number, step, world)) {
        outcomes.add(world.deliver(datagram));
      }
    }
    const phase = attacked.phase;
    world.settle(200_000);
    promise(attacked.phase !== "handshaking", "a handshake ends");
    const { handshakes } = world.server.stats();
    promise(handshakes === 0, "a server's handshake ends");
    const honest = world.connect(7003);
    world.settle(20_000);
    promise(honest.phase === "connected", "an honest client connects afterwards");
    promise(world.send(7003, honest, "hello"), "an honest client can send");
    world.settle(10);
    promise(world.received.includes("hello"), "an honest client is heard");
    return `${phase} ${attacked.phase} ${[...outcomes].sort().join()}`;
  },
};

/** What is delivered in place of a datagram. */
function fateOf(
  datagram: Underway,
  history: readonly Underway[],
  choice: number,
  step: number,
  world: DtlsWorld,
): Underway[] {
  const random = new Random(choice * 1000 + step);
  const older = history[random.integer(history.length)] ?? datagram;
  if (choice < 0x60) return [datagram];
  if (choice < 0x70) return [];
  if (choice < 0x78) return [datagram, datagram];
  if (choice < 0x80) return [older, datagram];
  if (choice < 0x88) {
    world.wire.push(datagram);
    return [];
  }
  const changed = { ...datagram, bytes: mutate(datagram.bytes, older.bytes, random) };
  return choice < 0xc0 ? [changed] : [changed, datagram];
}
