import { SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePort, SocketNames } from "../src/batch/socket-name.ts";

const port = fc.integer({ min: 1, max: 65_535 });

function roundTrip(names: SocketNames, address: string, portNumber: number): [string, number] {
  const name = new Uint8Array(40).fill(0xee);
  expect(names.encode(name, 4, address, portNumber)).toBe(true);
  expect(name[3]).toBe(0xee);
  expect(name[4 + names.length]).toBe(0xee);
  return [names.decodeAddress(name, 4), decodePort(name, 4)];
}

test("IPv4 addresses come back, in both families", () => {
  const ipv4 = new SocketNames(false);
  const ipv6 = new SocketNames(true);
  fc.assert(
    fc.property(fc.ipV4(), port, (address, number) => {
      expect(roundTrip(ipv4, address, number)).toEqual([address, number]);
      expect(roundTrip(ipv6, address, number)).toEqual([address, number]);
      expect(roundTrip(ipv6, `::ffff:${address}`, number)).toEqual([address, number]);
    }),
  );
});

test("IPv6 addresses come back in the form that node has for them", () => {
  const names = new SocketNames(true);
  fc.assert(
    fc.property(fc.ipV6(), port, (address, number) => {
      const canonical = new SocketAddress({ address, family: "ipv6" }).address;
      fc.pre(!canonical.startsWith("::ffff:") && !/^fe[89ab]/.test(canonical));
      expect(roundTrip(names, address, number)).toEqual([canonical, number]);
    }),
  );
});

test("structures have the layout of Linux", () => {
  const name = new Uint8Array(32).fill(0xee);
  new SocketNames(false).encode(name, 0, "10.1.2.3", 5684);
  expect(Buffer.from(name.subarray(0, 8)).toString("hex")).toBe(
    "0200 1634 0a010203".replaceAll(" ", ""),
  );
  new SocketNames(true).encode(name, 0, "fd00::1", 5684);
  expect(Buffer.from(name.subarray(0, 28)).toString("hex")).toBe(
    "0a00 1634 00000000 fd000000000000000000000000000001 00000000".replaceAll(" ", ""),
  );
});

test("what is no peer is left to the system", () => {
  const ipv4 = new SocketNames(false);
  const ipv6 = new SocketNames(true);
  const name = new Uint8Array(32);
  expect(ipv4.encode(name, 0, "10.0.0.1", 0)).toBe(false);
  expect(ipv4.encode(name, 0, "10.0.0.1", 65_536)).toBe(false);
  expect(ipv4.encode(name, 0, "10.0.0.1", Number.NaN)).toBe(false);
  expect(ipv4.encode(name, 0, "fd00::1", 1)).toBe(false);
  expect(ipv4.encode(name, 0, "peer", 1)).toBe(false);
  expect(ipv6.encode(name, 0, "fe80::1%eth0", 1)).toBe(false);
  expect(ipv6.encode(name, 0, "", 1)).toBe(false);
});

test("a flood of addresses is forgotten again, and translated all the same", () => {
  const names = new SocketNames(false);
  const name = new Uint8Array(32);
  for (let index = 0; index < 70_000; index += 1) {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    names.encode(name, 0, address, 1);
    if (names.decodeAddress(name, 0) !== address) expect.fail(address);
  }
});
