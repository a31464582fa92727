/** Prints the CPU of a request from datagram to datagram. Arguments: numbers of clients. */
import { World } from "./world.ts";

const BATCH = 2000;
const ROUNDS = 60;
const ROUNDS_TO_WARM_UP = 60;

for (const clients of process.argv.slice(2).map(Number)) {
  const world = new World(clients);
  if (world.connections !== clients) throw new Error(`${world.connections} clients are connected`);
  const figures: number[] = [];
  let next = 0;
  for (let round = 0; round < ROUNDS + ROUNDS_TO_WARM_UP; round += 1) {
    const work = Array.from({ length: BATCH }, () => {
      const client = world.clients[next];
      if (client === undefined) throw new Error("there is no client");
      next = (next + 1) % clients;
      return { client, datagram: client.request(0) };
    });
    const before = process.cpuUsage();
    for (const { client, datagram } of work) world.deliver(datagram, client);
    const { user, system } = process.cpuUsage(before);
    if (round >= ROUNDS_TO_WARM_UP) figures.push((user + system) / BATCH);
  }
  const requests = BATCH * (ROUNDS + ROUNDS_TO_WARM_UP);
  if (world.executions !== requests) throw new Error(`${world.executions} of ${requests} executed`);
  figures.sort((a, b) => a - b);
  const best = figures[0] ?? Number.NaN;
  const median = figures[ROUNDS >> 1] ?? Number.NaN;
  console.log(
    `${String(clients).padStart(5)} clients: ${best.toFixed(2)} µs CPU per request in the best round, ` +
      `${median.toFixed(2)} µs median of ${ROUNDS} rounds`,
  );
}
