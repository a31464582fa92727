// Runs inside the router's namespace: asks every address that standard input names (`add ADDRESS:PORT`,
// `remove ADDRESS:PORT`) for /ready once a second, as kubelet does, and prints each change as a JSON line.
import { get } from "node:http";
import { createInterface } from "node:readline";

const PERIOD_MS = 1000;
const states = new Map<string, boolean>();

function probe(address: string): void {
  const settle = (isReady: boolean): void => {
    if (states.get(address) === isReady || !states.has(address)) return;
    states.set(address, isReady);
    console.log(JSON.stringify({ address, isReady }));
  };
  const request = get(`http://${address}/ready`, { timeout: PERIOD_MS, agent: false }, (answer) => {
    answer.resume();
    settle(answer.statusCode === 200);
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => settle(false));
}

setInterval(() => {
  for (const address of states.keys()) probe(address);
}, PERIOD_MS);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [command, address = ""] = line.split(" ");
    if (command === "add") states.set(address, false);
    else if (command === "remove") states.delete(address);
  })
  .on("close", () => process.exit());
