import { describe, expect, it } from "vitest";
import { Code, createCoapEndpoint } from "../src/index.ts";
import {
  bytes,
  createStation,
  decoded,
  hex,
  last,
  runUntil,
  seededEntropy,
} from "./support/wire.ts";

/** CON GET /a, message id 0x1234, token aabb; and the same as NON. */
const CON = "42011234 aabb b1 61";
const NON = "52011234 aabb b1 61";

describe("requests of a peer", () => {
  it("are answered within the acknowledgement", () => {
    const { endpoint, receive, requests, sent } = createStation();
    expect(receive(CON, 5)).toBe("request");
    const { exchange, message } = last(requests);
    expect(message.path).toBe("/a");
    expect(endpoint.respond(exchange, { code: Code.content, payload: bytes("0102") }, 6)).toBe(
      true,
    );
    expect(sent).toEqual(["62451234aabbff0102"]);
    expect(exchange.isOpen).toBe(false);
    expect(endpoint.respond(exchange, { code: Code.content }, 7)).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it("keep tokens of 0 to 8 bytes", () => {
    for (let length = 0; length <= 8; length += 1) {
      const token = "f1f2f3f4f5f6f7f8".slice(0, 2 * length);
      const { endpoint, receive, requests, sent } = createStation();
      receive(`4${length}010001${token}`);
      endpoint.respond(last(requests).exchange, { code: Code.valid }, 0);
      expect(sent).toEqual([`6${length}430001${token}`]);
    }
  });

  it("are executed once, and answered again with the same bytes", () => {
    const { endpoint, receive, requests, sent } = createStation();
    receive(CON);
    endpoint.respond(last(requests).exchange, { code: Code.changed }, 0);
    expect(receive(CON, 3000)).toBe("duplicate");
    expect(receive(CON, 246_999)).toBe("duplicate");
    expect(requests).toHaveLength(1);
    expect(sent).toEqual(Array(3).fill("62441234aabb"));
  });

  it("are new again after EXCHANGE_LIFETIME, or with another token", () => {
    const { endpoint, receive, requests } = createStation();
    receive(CON);
    endpoint.respond(last(requests).exchange, { code: Code.changed }, 0);
    expect(receive("42011234 aabc b1 61", 1)).toBe("request");
    endpoint.respond(last(requests).exchange, { code: Code.changed }, 1);
    expect(receive(CON, 247_001)).toBe("request");
    expect(requests).toHaveLength(3);
  });

  it("are ignored when repeated before the answer, and acknowledged again when accepted", () => {
    const { endpoint, receive, requests, sent } = createStation();
    receive(CON);
    expect(receive(CON, 1)).toBe("duplicate");
    expect(sent).toEqual([]);
    endpoint.accept(last(requests).exchange, 2);
    endpoint.accept(last(requests).exchange, 2);
    expect(sent).toEqual(["60001234"]);
    expect(receive(CON, 3)).toBe("duplicate");
    expect(sent).toEqual(["60001234", "60001234"]);
    expect(requests).toHaveLength(1);
  });

  it("that were accepted get a confirmable response, sent until it is acknowledged", () => {
    const { endpoint, receive, requests, sent } = createStation();
    receive(CON);
    const { exchange } = last(requests);
    endpoint.accept(exchange, 0);
    endpoint.respond(exchange, { code: Code.content }, 100);
    const response = decoded(last(sent));
    expect(response).toMatchObject({ type: 0, code: Code.content });
    const again = endpoint.nextTimeout() ?? 0;
    expect(again).toBeGreaterThanOrEqual(2100);
    expect(again).toBeLessThanOrEqual(3100);
    endpoint.handleTimeout(again);
    expect(sent).toHaveLength(3);
    expect(sent[2]).toBe(sent[1]);
    expect(receive(CON, again)).toBe("duplicate");
    expect(last(sent)).toBe("60001234");
    expect(receive(`6000${last(sent.slice(0, 2)).slice(4, 8)}`, again)).toBe("acknowledgement");
    runUntil(endpoint, 1_000_000);
    expect(sent).toHaveLength(4);
  });

  it("that were accepted stop their response at RST or after MAX_RETRANSMIT", () => {
    const rejected = createStation();
    rejected.receive(CON);
    rejected.endpoint.accept(last(rejected.requests).exchange, 0);
    rejected.endpoint.respond(last(rejected.requests).exchange, { code: Code.content }, 0);
    expect(rejected.receive(`7000${last(rejected.sent).slice(4, 8)}`)).toBe("reset");
    runUntil(rejected.endpoint, 1_000_000);
    expect(rejected.sent).toHaveLength(2);

    const silent = createStation();
    silent.receive(CON);
    silent.endpoint.accept(last(silent.requests).exchange, 0);
    silent.endpoint.respond(last(silent.requests).exchange, { code: Code.content }, 0);
    runUntil(silent.endpoint, 1_000_000);
    expect(silent.sent).toHaveLength(1 + 5);
    expect(silent.endpoint.nextTimeout()).toBeUndefined();
  });

  it("without confirmation get a response without confirmation, once", () => {
    const { endpoint, receive, requests, sent } = createStation();
    receive(NON);
    endpoint.accept(last(requests).exchange, 0);
    endpoint.respond(last(requests).exchange, { code: Code.content }, 0);
    expect(sent).toHaveLength(1);
    expect(decoded(last(sent))).toMatchObject({ type: 1, code: Code.content });
    expect(receive(NON, 144_999)).toBe("duplicate");
    expect(sent).toHaveLength(1);
    expect(receive(NON, 145_001)).toBe("request");
  });

  it("can be rejected with RST, also when repeated", () => {
    const { endpoint, receive, requests, sent } = createStation();
    receive(CON);
    endpoint.reject(last(requests).exchange, 0);
    expect(receive(CON)).toBe("duplicate");
    expect(sent).toEqual(["70001234", "70001234"]);
  });

  it("with a critical option that is not understood are answered 4.02, or ignored when NON", () => {
    const { receive, requests, sent } = createStation();
    expect(receive("42011234 aabb 91 00")).toBe("bad-option");
    expect(receive("42011234 aabb 91 00")).toBe("duplicate");
    expect(receive("52011235 aabb 91 00")).toBe("bad-option");
    expect(sent).toEqual(["62821234aabb", "62821234aabb"]);
    expect(requests).toHaveLength(0);
  });

  it.each([
    ["Accept twice", "40010001 d1 04 00 01 32", "60820001"],
    ["Uri-Port of three bytes", "40010001 73 010203", "60820001"],
    ["Proxy-Uri", "40010001 d1 16 61", "60a50001"],
    ["an unknown option above 255", "40010001 e0 0000", "60820001"],
  ])("refuse %s", (_name, text, answer) => {
    const { receive, sent } = createStation();
    expect(receive(text)).toBe("bad-option");
    expect(sent).toEqual([answer]);
  });

  it("refuse Block1 when block-wise transfer is off", () => {
    const { receive, sent } = createStation({ blockwise: false });
    expect(receive("40010001 d1 0e 00")).toBe("bad-option");
    expect(sent).toEqual(["60820001"]);
  });

  it("may carry critical options that the application announced, and any elective one", () => {
    const { receive } = createStation({ criticalOptions: [27, 269], blockwise: false });
    expect(receive("40010001 d1 0e 00")).toBe("request");
    expect(receive("40010002 e0 0000")).toBe("request");
    expect(receive("40010003 60 60")).toBe("request");
  });

  it("beyond the limit of waiting ones are dropped and may come again", () => {
    const { endpoint, receive, requests } = createStation({ limits: { maxPendingPerPeer: 2 } });
    receive("40010001");
    receive("40010002");
    expect(receive("40010003")).toBe("refused");
    endpoint.respond(last(requests).exchange, { code: Code.content }, 0);
    expect(receive("40010003")).toBe("request");
  });

  it("that nobody answers are closed after EXCHANGE_LIFETIME", () => {
    const { endpoint, receive, requests } = createStation();
    receive(CON);
    runUntil(endpoint, 246_000);
    expect(last(requests).exchange.isOpen).toBe(true);
    runUntil(endpoint, 247_000);
    expect(last(requests).exchange.isOpen).toBe(false);
    expect(endpoint.respond(last(requests).exchange, { code: Code.content }, 247_000)).toBe(false);
    expect(endpoint.nextTimeout()).toBeUndefined();
  });

  it("are rejected by an endpoint that serves none", () => {
    const sent: string[] = [];
    const endpoint = createCoapEndpoint<string>(
      { entropy: seededEntropy() },
      { transmit: (_peer, message) => void sent.push(hex(message)) },
    );
    const peer = endpoint.openPeer("peer");
    expect(endpoint.receive(peer, bytes(CON), 0)).toBe("refused");
    expect(endpoint.receive(peer, bytes(NON), 0)).toBe("refused");
    expect(sent).toEqual(["70001234"]);
  });
});
