import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { eventually } from "@dtls-cluster/testkit";
import { expect, test } from "vitest";
import {
  connect,
  createServer,
  type DatagramSocket,
  EndpointDriver,
  openSocket,
} from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [connecting = "", driving = ""] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(
  ([, example = ""]) => stripTypeScriptTypes(example).replace(/^import .*$/m, ""),
);

test("the README's example of a server and a client runs", async () => {
  const lines: string[] = [];
  const names = ["connect", "createServer", "console"];
  const run = new Function(...names, `return (async () => { ${connecting} })()`);
  await run(connect, createServer, { log: (line: string) => void lines.push(line) });
  expect(lines).toEqual(["hello"]);
});

test("the README's example of a driver runs", async () => {
  const names = ["EndpointDriver", "openSocket"];
  const run = new Function(
    ...names,
    `return (async () => { ${driving}; return { socket, driver }; })()`,
  );
  const { socket, driver } = (await run(EndpointDriver, openSocket)) as {
    socket: DatagramSocket;
    driver: EndpointDriver;
  };
  const answers: string[] = [];
  const client = await openSocket(
    { address: "127.0.0.1", port: 0 },
    { receive: (datagram) => answers.push(new TextDecoder().decode(datagram)) },
  );
  client.send(new TextEncoder().encode("anybody?"), socket.address.port, "127.0.0.1");
  await eventually(() => answers.length === 2);
  expect(answers).toEqual(["anybody?", "hello"]);
  driver.close();
  await Promise.all([client.close(), socket.close()]);
});
