import { describe, expect, it } from "vitest";
import {
  type CoapResponse,
  CoapUsageError,
  Code,
  createResources,
  encodeMessage,
  encodeUtf8,
  type Resource,
  requestOptions,
} from "../src/index.ts";
import { createStation, decoded, last, type Station } from "./support/wire.ts";

const text = (value: string): CoapResponse => ({ code: Code.content, payload: encodeUtf8(value) });

function serve(resources: readonly Resource<string>[], errors: unknown[] = []) {
  const table = createResources(resources, (error) => errors.push(error));
  const station: Station = createStation(
    {},
    { request: (exchange, request, now) => table.handle(station.endpoint, exchange, request, now) },
  );
  let messageId = 0;
  return (code: number, target: string) => {
    messageId += 1;
    const options = requestOptions(target);
    station.receive(encodeMessage({ type: 0, code, messageId, options }));
    return decoded(last(station.sent));
  };
}

describe("resources", () => {
  const ask = serve([
    { path: "/", get: () => text("root") },
    { path: "/a", get: () => text("a"), put: () => ({ code: Code.changed }) },
    { path: "/a/b", get: () => text("a b") },
    { path: "/ü", get: () => text("umlaut") },
    {
      path: "/q",
      query: {
        n: { type: "integer", min: 0, max: 8192 },
        s: { type: "text" },
        f: { type: "flag" },
      },
      get: (_exchange, _request, query) =>
        text(`${query.integer("n")} ${query.text("s")} ${query.has("f")}`),
    },
  ]);

  it("are found by their whole path", () => {
    expect(ask(Code.get, "/").text).toBe("root");
    expect(ask(Code.get, "/a").text).toBe("a");
    expect(ask(Code.get, "/a/b").text).toBe("a b");
    expect(ask(Code.get, "/%C3%BC").text).toBe("umlaut");
    for (const path of ["/b", "/a/", "/a/b/c", "/ab", "/a%2Fb", "/A"]) {
      expect(ask(Code.get, path).code).toBe(Code.notFound);
    }
  });

  it("answer 4.05 for a method they lack, known or not", () => {
    expect(ask(Code.put, "/a").code).toBe(Code.changed);
    expect(ask(Code.post, "/a").code).toBe(Code.methodNotAllowed);
    expect(ask(31, "/a").code).toBe(Code.methodNotAllowed);
  });

  it("get their query parsed by declaration", () => {
    expect(ask(Code.get, "/q").text).toBe("undefined undefined false");
    expect(ask(Code.get, "/q?n=40&s=x%26y&f").text).toBe("40 x&y true");
    expect(ask(Code.get, "/q?n=41&s=x%26y&f").text).toBe("41 x&y true");
    expect(ask(Code.get, "/q?s=").text).toBe("undefined  false");
  });

  it.each([
    "n",
    "n=",
    "n=-1",
    "n=8193",
    "n=1.5",
    "n=1e3",
    "n=99999999999999999999",
    "f=1",
    "s",
    "z=1",
    "toString",
  ])("answer 4.02 with a text for the query %s", (query) => {
    const answer = ask(Code.get, `/q?${query}`);
    expect(answer.code).toBe(Code.badOption);
    expect(answer.text).toContain(query.split("=")[0]);
    expect(answer.uintOption(12)).toBe(0);
  });

  it("answer 5.00 when a handler throws or its answer is too long, and report why", () => {
    const errors: unknown[] = [];
    const failing = serve(
      [
        {
          path: "/throws",
          get: () => {
            throw new Error("secret");
          },
        },
        { path: "/long", get: () => ({ code: Code.content, payload: new Uint8Array(70_000) }) },
      ],
      errors,
    );
    expect(failing(Code.get, "/throws")).toMatchObject({ code: 0xa0, payloadLength: 0 });
    expect(failing(Code.get, "/long").code).toBe(Code.internalServerError);
    expect(errors).toHaveLength(2);
  });

  it("may answer later", () => {
    const table = createResources<string>([{ path: "/later", get: () => undefined }]);
    const station: Station = createStation(
      {},
      {
        request: (exchange, request, now) => {
          station.requests.push({ exchange, message: request.copy(), now });
          table.handle(station.endpoint, exchange, request, now);
        },
      },
    );
    const options = requestOptions("/later");
    station.receive(encodeMessage({ type: 0, code: 1, messageId: 1, options }));
    expect(station.sent).toEqual([]);
    station.endpoint.respond(last(station.requests).exchange, { code: Code.content }, 5);
    expect(station.sent).toEqual(["60450001"]);
  });

  it("must have absolute and different paths", () => {
    expect(() => createResources([{ path: "a" }])).toThrow(CoapUsageError);
    expect(() => createResources([{ path: "/a" }, { path: "/a" }])).toThrow(CoapUsageError);
  });
});

describe("/.well-known/core (RFC 6690)", () => {
  const ask = serve([
    { path: "/benchmark", attributes: { rt: "benchmark load", ct: "0", obs: true } },
    { path: "/diagnose", attributes: { rt: "diagnose", title: 'the "state"' } },
    { path: "/telemetry", hidden: true, post: () => ({ code: Code.changed }) },
  ]);
  const core = (query = "") => ask(Code.get, `/.well-known/core${query}`);

  it("lists the links of resources that are not hidden, in link format", () => {
    expect(core().uintOption(12)).toBe(40);
    expect(core().text).toBe(
      '</.well-known/core>,</benchmark>;rt="benchmark load";ct=0;obs,</diagnose>;rt="diagnose";title="the \\"state\\""',
    );
  });

  it.each([
    ["?rt=load", ["/benchmark"]],
    ["?rt=benchmark%20load", []],
    ["?rt=d*", ["/diagnose"]],
    ["?href=/bench*", ["/benchmark"]],
    ["?href=/diagnose", ["/diagnose"]],
    ["?obs", ["/benchmark"]],
    ["?ct=0", ["/benchmark"]],
    ["?rt=none", []],
    ["?constructor=x", []],
  ])("filters by %s", (query, paths) => {
    const links = core(query).text.split(",").filter(Boolean);
    expect(links.map((link) => link.slice(1, link.indexOf(">")))).toEqual(paths);
  });

  it("is read only", () => {
    expect(ask(Code.post, "/.well-known/core").code).toBe(Code.methodNotAllowed);
  });
});
