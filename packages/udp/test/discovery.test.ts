import { expect, test } from "vitest";
import { type AddressResolver, DnsDiscovery, StaticDiscovery } from "../src/index.ts";

const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const noData = Object.assign(new Error("no data"), { code: "ENODATA" });
const notFound = Object.assign(new Error("not found"), { code: "ENOTFOUND" });

function resolver(ipv4: string[] | Error, ipv6: string[] | Error): AddressResolver {
  const answer = (value: string[] | Error): Promise<string[]> =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  return {
    resolve4: () => answer(ipv4),
    resolve6: () => answer(ipv6),
    cancel: () => undefined,
  };
}

function discover(ipv4: string[] | Error, ipv6: string[] | Error, family?: "ipv4" | "ipv6") {
  const options = { name: "nodes.example", port: 5884, resolver: resolver(ipv4, ipv6) };
  return new DnsDiscovery(family === undefined ? options : { ...options, family }).discover();
}

test("a static list is what it is, and later changes of the given array do not matter", async () => {
  const list = [{ address: "127.0.0.1", port: 5884 }];
  const discovery = new StaticDiscovery(list);
  list.push({ address: "127.0.0.2", port: 5884 });
  expect(await discovery.discover()).toEqual([{ address: "127.0.0.1", port: 5884 }]);
  discovery.close();
});

test("both record types are asked, answers appear once, with the fixed port", async () => {
  expect(await discover(["10.0.0.1", "10.0.0.2", "10.0.0.1"], ["fd00::1"])).toEqual([
    { address: "10.0.0.1", port: 5884 },
    { address: "10.0.0.2", port: 5884 },
    { address: "fd00::1", port: 5884 },
  ]);
});

test("one family alone when asked so", async () => {
  expect(await discover(["10.0.0.1"], ["fd00::1"], "ipv4")).toEqual([
    { address: "10.0.0.1", port: 5884 },
  ]);
  expect(await discover(["10.0.0.1"], ["fd00::1"], "ipv6")).toEqual([
    { address: "fd00::1", port: 5884 },
  ]);
});

test("no record is no node; a resolver that cannot be asked is a failure", async () => {
  expect(await discover(notFound, noData)).toEqual([]);
  expect(await discover(["10.0.0.1"], refused)).toHaveLength(1);
  expect(await discover(refused, noData)).toEqual([]);
  await expect(discover(refused, refused)).rejects.toBe(refused);
});

test("a literal address needs no resolver", async () => {
  const cannot = resolver(refused, refused);
  const discovery = new DnsDiscovery({ name: "fd00::7", port: 5884, resolver: cannot });
  expect(await discovery.discover()).toEqual([{ address: "fd00::7", port: 5884 }]);
});
