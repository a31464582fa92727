import { expect, test } from "vitest";
import { connected } from "../certificates.ts";
import { utf8 } from "../peer.ts";

const label = "EXPERIMENTAL-test";

test("both sides export the same material, other labels, contexts and sessions give other", () => {
  const one = connected({});
  const other = connected({});
  const material = (
    { server, serverConnection }: typeof one,
    text = label,
    context: Uint8Array | undefined = undefined,
    length = 32,
  ) => server.endpoint.exportKeyingMaterial(serverConnection, text, context, length);
  const ours = one.client.endpoint.exportKeyingMaterial(one.clientConnection, label, undefined, 32);
  expect(ours).toHaveLength(32);
  expect(material(one)).toEqual(ours);
  const others = [
    material(one, "EXPERIMENTAL-other"),
    material(one, label, new Uint8Array(0)),
    material(one, label, utf8("context")),
    material(other),
  ];
  expect(new Set([ours, ...others].map(String)).size).toBe(5);
  expect(material(one, label, undefined, 100)?.slice(0, 32)).toEqual(ours);
});

test("labels of the protocol, and lengths beyond reason, are the caller's mistakes (RFC 5705 section 4)", () => {
  const { client, clientConnection } = connected({});
  const from = (text: string, length: number) => () =>
    client.endpoint.exportKeyingMaterial(clientConnection, text, undefined, length);
  for (const text of ["key expansion", "client finished", "master secret", "", "\n"]) {
    expect(from(text, 32)).toThrow(/label is/);
  }
  expect(from(label, 0)).toThrow(/length is 0/);
});

test("without extended master secret, and after the end, there is nothing to export", () => {
  const options = { both: { extendedMasterSecret: "disabled" } } as const;
  const weak = connected({ options });
  const { client, clientConnection, world } = connected({});
  client.endpoint.close(clientConnection, world.now);
  for (const [peer, connection] of [
    [weak.client, weak.clientConnection],
    [client, clientConnection],
  ] as const) {
    expect(peer.endpoint.exportKeyingMaterial(connection, label, undefined, 32)).toBeUndefined();
  }
});
