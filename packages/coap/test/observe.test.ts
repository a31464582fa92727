import { describe, expect, it } from "vitest";
import { Code, encodeUtf8, OptionNumber, type Resource, requestOptions } from "../src/index.ts";
import { Pair, type PairOptions } from "./support/pair.ts";
import { last } from "./support/wire.ts";

interface Clock {
  text: string;
}

function observable(clock: Clock): Resource<string> {
  return {
    path: "/clock",
    observable: true,
    query: { zone: { type: "text" } },
    get: (_exchange, _request, query) =>
      clock.text === ""
        ? { code: Code.notFound }
        : {
            code: Code.content,
            payload: encodeUtf8(`${clock.text}${query.text("zone") ?? ""}`),
          },
  };
}

function observing(options: PairOptions = {}, target = "/clock") {
  const clock: Clock = { text: "one" };
  const pair = new Pair([observable(clock)], options);
  const exchange = pair.client.request(
    pair.toServer,
    { code: Code.get, options: requestOptions(target), observe: true },
    0,
  );
  if (exchange === undefined) throw new Error("the request was refused");
  pair.deliver();
  const change = (text: string): void => {
    clock.text = text;
    pair.resources.changed(pair.server, "/clock", pair.now);
    pair.deliver();
  };
  const texts = () => pair.notifications.map(({ message }) => message.text);
  return { pair, exchange, change, texts };
}

describe("observing a resource (RFC 7641)", () => {
  it("begins with a response that carries Observe, and the exchange stays open (section 3.1)", () => {
    const { pair, exchange } = observing();
    expect(last(pair.responses).message.text).toBe("one");
    expect(last(pair.responses).message.uintOption(OptionNumber.observe)).toBe(1);
    expect(exchange.isOpen).toBe(true);
    expect(pair.client.nextTimeout()).toBeUndefined();
  });

  it("tells each new state to the same exchange, with rising numbers (sections 3.2 and 4.4)", () => {
    const { pair, exchange, change, texts } = observing({}, "/clock?zone=+1");
    change("two");
    change("three");
    expect(texts()).toEqual(["two+1", "three+1"]);
    expect(pair.notifications.every((told) => told.exchange === exchange)).toBe(true);
    const numbers = pair.notifications.map(({ message }) => message.uintOption(6));
    expect(numbers).toEqual([2, 3]);
  });

  it("is announced by the link of the resource", () => {
    const { pair } = observing();
    pair.client.request(
      pair.toServer,
      { code: Code.get, options: requestOptions("/.well-known/core") },
      0,
    );
    pair.deliver();
    expect(last(pair.responses).message.text).toContain("</clock>;obs");
  });

  it("ignores a notification that a newer one has overtaken (section 3.4)", () => {
    const { pair, change, texts } = observing();
    const held: Uint8Array[] = [];
    pair.fate = (message, toServer) => {
      if (toServer || held.length > 0) return 1;
      held.push(message);
      return 0;
    };
    change("two");
    change("three");
    pair.client.receive(pair.toServer, last(held), pair.now);
    expect(texts()).toEqual(["three"]);
  });

  it("takes an old number after 128 seconds for a new one (section 3.4)", () => {
    const { pair, change, texts } = observing();
    change("two");
    pair.now = 128_001;
    pair.handOver();
    const state = pair.server.exportPeer(pair.toClient, pair.now);
    const observations = state.observations?.map((entry) => ({ ...entry, sequence: 0 })) ?? [];
    pair.server.importPeer(pair.toClient, { ...state, observations }, pair.now);
    change("three");
    expect(last(pair.notifications).message.uintOption(6)).toBe(1);
    expect(texts()).toEqual(["two", "three"]);
  });

  it("ends when the client has forgotten it and answers RST (section 3.6)", () => {
    const { pair, exchange, change } = observing();
    pair.client.cancel(exchange);
    expect(exchange.isOpen).toBe(false);
    change("two");
    expect(pair.ended).toEqual(["reset"]);
    change("three");
    expect(pair.notifications).toEqual([]);
    expect(pair.journal.filter(({ toServer }) => !toServer)).toHaveLength(2);
  });

  it("ends when the client asks with Observe 1 and the token of the observation (section 3.6)", () => {
    const { pair, change } = observing();
    const token = pair.journal[0]?.message.token ?? new Uint8Array(0);
    const ask = Uint8Array.from([0x44, 1, 0x77, 0x77, ...token, 0x61, 1, 0x55]);
    pair.server.receive(pair.toClient, Uint8Array.from([...ask, ...encodeUtf8("clock")]), 0);
    expect(pair.ended).toEqual(["deregistered"]);
    change("two");
    expect(pair.notifications).toEqual([]);
  });

  it("ends with a notification that is an error, which is confirmable (section 4.2)", () => {
    const { pair, exchange, change } = observing();
    change("");
    expect(last(pair.notifications).message).toMatchObject({ code: Code.notFound, type: 0 });
    expect(last(pair.notifications).message.option(OptionNumber.observe)).toBeUndefined();
    expect(exchange.isOpen).toBe(false);
    expect(pair.ended).toEqual(["error"]);
  });

  it("never begins with an error", () => {
    const clock: Clock = { text: "" };
    const pair = new Pair([observable(clock)]);
    const request = { code: Code.get, options: requestOptions("/clock"), observe: true };
    const exchange = pair.client.request(pair.toServer, request, 0);
    pair.deliver();
    expect(exchange?.isOpen).toBe(false);
    expect(last(pair.responses).message.code).toBe(Code.notFound);
    clock.text = "two";
    expect(pair.resources.changed(pair.server, "/clock", 1)).toBe(0);
  });

  it("of a resource that is not observable gets a plain answer", () => {
    const pair = new Pair([{ path: "/plain", get: () => ({ code: Code.content }) }]);
    const request = { code: Code.get, options: requestOptions("/plain"), observe: true };
    const exchange = pair.client.request(pair.toServer, request, 0);
    pair.deliver();
    expect(exchange?.isOpen).toBe(false);
    expect(last(pair.responses).message.option(OptionNumber.observe)).toBeUndefined();
    expect(() => pair.resources.changed(pair.server, "/plain", 0)).toThrow(/no observable/);
  });

  it("has a limit for each peer, beyond which requests are answered without it", () => {
    const { pair } = observing({ server: { limits: { maxObservationsPerPeer: 1 } } });
    const request = { code: Code.get, options: requestOptions("/clock"), observe: true };
    const second = pair.client.request(pair.toServer, request, 0);
    pair.deliver();
    expect(second?.isOpen).toBe(false);
    expect(last(pair.responses).message.text).toBe("one");
  });
});

describe("confirmable notifications (RFC 7641 section 4.5)", () => {
  const every = (confirmEvery: number): PairOptions => ({
    server: { notifications: { confirmEvery } },
  });

  it("come every n-th time", () => {
    const { pair, change } = observing(every(3));
    for (let count = 1; count <= 7; count += 1) change(`state ${count}`);
    const types = pair.notifications.map(({ message }) => message.type);
    expect(types).toEqual([1, 1, 0, 1, 1, 0, 1]);
  });

  it("come when the last one was long ago", () => {
    const { pair, change } = observing({
      server: { notifications: { confirmAfterMs: 60_000 } },
    });
    change("two");
    pair.run(60_000);
    change("three");
    change("four");
    expect(pair.notifications.map(({ message }) => message.type)).toEqual([1, 0, 1]);
  });

  it("end the observation of a client that is gone, after MAX_RETRANSMIT", () => {
    const { pair, change } = observing(every(1));
    pair.fate = () => 0;
    change("two");
    pair.run(300_000);
    expect(pair.ended).toEqual(["timeout"]);
    expect(pair.server.nextTimeout()).toBeUndefined();
  });

  it("are not repeated with an old state: the newest takes the place (section 4.5.2)", () => {
    const { pair, change, texts } = observing(every(1));
    pair.fate = (_message, toServer) => (toServer ? 1 : 0);
    change("two");
    change("three");
    change("four");
    pair.fate = () => 1;
    pair.run(10_000);
    expect(texts()).toEqual(["four"]);
    expect(pair.ended).toEqual([]);
    change("five");
    expect(texts()).toEqual(["four", "five"]);
  });

  it("let the newest state follow as soon as the ACK comes", () => {
    const { pair, change, texts } = observing(every(1));
    const acks: Uint8Array[] = [];
    pair.fate = (message, toServer) => {
      if (!toServer) return 1;
      acks.push(message);
      return 0;
    };
    change("two");
    change("three");
    expect(texts()).toEqual(["two"]);
    pair.fate = () => 1;
    pair.server.receive(pair.toClient, last(acks), pair.now);
    pair.deliver();
    expect(texts()).toEqual(["two", "three"]);
  });

  it("that are rejected end the observation", () => {
    const { pair, exchange, change } = observing(every(1));
    pair.client.cancel(exchange);
    change("two");
    expect(pair.ended).toEqual(["reset"]);
    pair.run(200_000);
    expect(pair.journal.filter(({ toServer }) => !toServer)).toHaveLength(2);
  });
});

describe("observations taken to another process", () => {
  it("go on there with rising numbers, and are found by their resource", () => {
    const { pair, change, texts } = observing();
    change("two");
    pair.handOver();
    change("three");
    expect(texts()).toEqual(["two", "three"]);
    expect(pair.notifications.map(({ message }) => message.uintOption(6))).toEqual([2, 3]);
  });

  it("end there by the RST for a notification that was sent here", () => {
    const { pair, exchange, change } = observing();
    pair.client.cancel(exchange);
    const resets: Uint8Array[] = [];
    pair.fate = (message, toServer) => {
      if (!toServer) return 1;
      resets.push(message);
      return 0;
    };
    change("two");
    pair.handOver();
    pair.server.receive(pair.toClient, last(resets), pair.now);
    expect(pair.ended).toContain("reset");
    expect(pair.server.exportPeer(pair.toClient, pair.now).observations).toBeUndefined();
  });

  it("keep a confirmable notification under way, with one observation at its end", () => {
    const { pair, change, texts } = observing({ server: { notifications: { confirmEvery: 1 } } });
    pair.fate = (_message, toServer) => (toServer ? 1 : 0);
    change("two");
    pair.handOver();
    pair.fate = () => 1;
    pair.run(10_000);
    change("three");
    expect(texts()).toEqual(["two", "three"]);
  });

  it("end where a later export does not list them any more", () => {
    const { pair } = observing();
    const state = pair.server.exportPeer(pair.toClient, 0);
    const young = pair.createServer();
    const peer = young.openPeer("client");
    young.importPeer(peer, state, 0);
    young.importPeer(peer, { ...state, observations: [] }, 0);
    expect(pair.ended).toEqual(["ended"]);
  });
});
