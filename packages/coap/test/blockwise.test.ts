import { describe, expect, it } from "vitest";
import { Code, OptionNumber, requestOptions } from "../src/index.ts";
import { bodyOf, Pair } from "./support/pair.ts";
import { blocksOf, large, type Store, transferring } from "./support/transfers.ts";
import { last } from "./support/wire.ts";

const BLOCK1 = OptionNumber.block1;
const BLOCK2 = OptionNumber.block2;

describe("a response longer than a message (RFC 7959 section 2.4)", () => {
  it("is fetched block by block, and given as one message", () => {
    const { pair, ask, blocks, store } = transferring(3000);
    const exchange = ask(Code.get);
    pair.deliver();
    expect(blocks(false, BLOCK2)).toEqual(["0+/1024", "1+/1024", "2/1024"]);
    expect(blocks(true, BLOCK2)).toEqual(["1/1024", "2/1024"]);
    const { message } = last(pair.responses);
    expect(pair.responses).toHaveLength(1);
    expect(last(pair.responses).exchange).toBe(exchange);
    expect(message.payload).toEqual(store.body);
    expect(message.option(BLOCK2)).toBeUndefined();
    expect(exchange?.isOpen).toBe(false);
    expect(store.executions).toHaveLength(1);
  });

  it("tells its size first, and has an entity tag on each block (sections 2.4 and 4)", () => {
    const { pair, ask } = transferring(2100);
    ask(Code.get);
    pair.deliver();
    const told = pair.journal.filter(({ toServer }) => !toServer).map(({ message }) => message);
    expect(told.map((message) => message.uintOption(OptionNumber.size2))).toEqual([
      2100,
      undefined,
      undefined,
    ]);
    const tags = told.map((message) => message.option(OptionNumber.eTag));
    expect(tags[0]).toHaveLength(8);
    expect(tags.every((tag) => String(tag) === String(tags[0]))).toBe(true);
  });

  it.each([0, 1, 1023, 1024])("of %s bytes goes in one message", (length) => {
    const { pair, ask, store } = transferring(length);
    ask(Code.get);
    pair.deliver();
    expect(pair.journal).toHaveLength(2);
    expect(last(pair.responses).message.payload).toEqual(store.body);
  });

  it.each([16, 64, 512])("takes the block size of %s that the server prefers", (size) => {
    const { pair, ask, store, blocks } = transferring(700, { server: blocksOf(size) });
    ask(Code.get);
    pair.deliver();
    expect(blocks(false, BLOCK2)).toHaveLength(Math.ceil(700 / size));
    expect(last(pair.responses).message.payload).toEqual(store.body);
  });

  it("takes the smaller size that the client asks for early (section 2.3)", () => {
    const { pair, store, blocks } = transferring(100);
    const option = [{ number: BLOCK2, value: 1 }];
    pair.client.request(
      pair.toServer,
      { code: Code.get, options: requestOptions("/large", option) },
      0,
    );
    pair.deliver();
    expect(blocks(false, BLOCK2)).toEqual(["0+/32", "1+/32", "2+/32", "3/32"]);
    expect(last(pair.responses).message.payload).toEqual(store.body);
  });

  it("fits what the transport takes", () => {
    const { pair, ask, store } = transferring(600, { serverSink: { messageLimit: () => 200 } });
    ask(Code.get);
    pair.deliver();
    expect(last(pair.responses).message.payload).toEqual(store.body);
    expect(pair.journal.every(({ message }) => message.bytes.length <= 200)).toBe(true);
  });

  it("can be fetched at any place, with or without the first block (random access)", () => {
    const { pair, store } = transferring(3000);
    const at = (num: number, szx: number): Uint8Array => {
      const options = requestOptions("/large", [{ number: BLOCK2, value: num * 16 + szx }]);
      const token = 0x40 + num;
      const message = Uint8Array.from([0x41, 1, 0, num, token, ...options]);
      pair.server.receive(pair.toClient, message, 0);
      return last(pair.journal).message.payload;
    };
    expect(at(2, 6)).toEqual(store.body.subarray(2048));
    expect(at(1, 6)).toEqual(store.body.subarray(1024, 2048));
    expect(at(5, 4)).toEqual(store.body.subarray(1280, 1536));
    expect(store.executions).toHaveLength(1);
    at(3, 6);
    expect(last(pair.journal).message.code).toBe(Code.badOption);
  });

  it("begins anew when the resource changes meanwhile (section 2.4)", () => {
    const { pair, ask, store } = transferring(2500);
    let answers = 0;
    pair.fate = (_message, toServer) => {
      if (!toServer) answers += 1;
      if (!toServer && answers === 1) {
        store.body = bodyOf(2500, 9);
        pair.handOver();
        pair.server.importPeer(
          pair.toClient,
          { ...pair.server.exportPeer(pair.toClient, 0), bodies: [] },
          0,
        );
      }
      return 1;
    };
    ask(Code.get);
    pair.deliver();
    expect(last(pair.responses).message.payload).toEqual(bodyOf(2500, 9));
  });

  it("fails when it is longer than the client takes", () => {
    const { pair, ask } = transferring(5000, { client: { blockwise: { maxBodyLength: 4000 } } });
    ask(Code.get);
    pair.deliver();
    expect(pair.failures).toEqual(["body-too-large"]);
    expect(pair.responses).toEqual([]);
  });

  it("fails when its blocks do not fit together", () => {
    const { pair, ask } = transferring(3000, {
      client: { blockwise: {} },
      server: { blockwise: false },
    });
    let num = 0;
    pair.fate = (_message, toServer) => {
      if (!toServer) return 1;
      const { message } = last(pair.journal);
      const value = [0x0e, 0x4e, 0x4e][num++] ?? 0;
      const answer = [
        0x60 | message.tokenLength,
        Code.content,
        message.messageId >> 8,
        message.messageId & 255,
        ...message.token,
        ...[0xd1, 10, value, 0xff],
        ...bodyOf(1024),
      ];
      pair.client.receive(pair.toServer, Uint8Array.from(answer), 0);
      return 0;
    };
    ask(Code.get);
    pair.deliver();
    expect(pair.failures).toEqual(["body-inconsistent"]);
  });

  it("to a POST comes in blocks without executing it again", () => {
    const { pair, ask, store } = transferring(3000);
    ask(Code.post, bodyOf(10));
    pair.deliver();
    expect(last(pair.responses).message.payload).toEqual(store.body);
    expect(store.executions).toHaveLength(1);
  });

  it("stops when the exchange is cancelled", () => {
    const { pair, ask, store } = transferring(3000);
    const exchange = ask(Code.get);
    pair.fate = (_message, toServer) => {
      if (toServer && exchange !== undefined) pair.client.cancel(exchange);
      return 1;
    };
    pair.deliver();
    expect(exchange?.isOpen).toBe(false);
    pair.run(300_000);
    expect(pair.responses).toEqual([]);
    expect(store.executions).toHaveLength(1);
    expect(pair.client.stats().bodyBytes).toBe(0);
  });
});

describe("a request longer than a message (RFC 7959 section 2.5)", () => {
  it("goes block by block, is executed once, and answered as one", () => {
    const { pair, ask, blocks, store } = transferring(5);
    const body = bodyOf(2500);
    const exchange = ask(Code.put, body);
    pair.deliver();
    expect(blocks(true, BLOCK1)).toEqual(["0+/1024", "1+/1024", "2/1024"]);
    expect(blocks(false, BLOCK1)).toEqual(["0+/1024", "1+/1024", "2/1024"]);
    expect(store.executions).toEqual([{ method: Code.put, body }]);
    expect(pair.responses.map((told) => told.exchange)).toEqual([exchange]);
    expect(last(pair.responses).message).toMatchObject({ code: Code.changed, payloadLength: 5 });
  });

  it("goes on with smaller blocks when the server wants so (section 2.3)", () => {
    const { pair, ask, blocks, store } = transferring(5, { server: blocksOf(256) });
    const body = bodyOf(1500);
    ask(Code.put, body);
    pair.deliver();
    expect(blocks(true, BLOCK1)).toEqual(["0+/1024", "4+/256", "5/256"]);
    expect(store.executions).toEqual([{ method: Code.put, body }]);
  });

  it("may be answered in blocks itself", () => {
    const { pair, ask, store } = transferring(4000);
    const body = bodyOf(3000, 5);
    ask(Code.post, body);
    pair.deliver();
    expect(store.executions).toEqual([{ method: Code.post, body }]);
    expect(last(pair.responses).message.payload).toEqual(store.body);
  });

  it("is refused with 4.13 and the longest size when it is too long (section 2.9.3)", () => {
    const { pair, ask, store } = transferring(5, {
      server: { blockwise: { maxBodyLength: 2048 } },
    });
    ask(Code.put, bodyOf(2049));
    pair.deliver();
    const { message } = last(pair.responses);
    expect(message.code).toBe(Code.requestEntityTooLarge);
    expect(message.uintOption(OptionNumber.size1)).toBe(2048);
    expect(store.executions).toEqual([]);
    expect(pair.server.stats().bodyBytes).toBe(0);
  });

  it("is not taken in part: a block without those before gets 4.08 (section 2.9.2)", () => {
    const { pair, store } = transferring(5);
    const options = requestOptions("/large", [{ number: BLOCK1, value: 0x10 }]);
    const block = [0x40, 3, 0, 1, ...options, 0xff, ...bodyOf(16)];
    pair.server.receive(pair.toClient, Uint8Array.from(block), 0);
    expect(last(pair.journal).message.code).toBe(Code.requestEntityIncomplete);
    expect(store.executions).toEqual([]);
  });

  it("begins anew when the server has lost its part", () => {
    const { pair, ask, store } = transferring(5);
    const body = bodyOf(3000);
    let blocks = 0;
    pair.fate = (_message, toServer) => {
      if (toServer) blocks += 1;
      if (toServer && blocks === 2) {
        pair.server = pair.createServer();
        pair.toClient = pair.server.openPeer("client");
      }
      return 1;
    };
    ask(Code.put, body);
    pair.deliver();
    expect(store.executions).toEqual([{ method: Code.put, body }]);
    expect(last(pair.responses).message.code).toBe(Code.changed);
  });

  it.each([
    ["a full block is shorter than its size", 0x08, 15, Code.badRequest],
    ["the reserved size exponent", 0x07, 16, Code.badOption],
  ])("is refused: %s", (_name, value, length, code) => {
    const { pair, store } = transferring(5);
    const options = requestOptions("/large", [{ number: BLOCK1, value }]);
    const block = [0x40, 3, 0, 1, ...options, 0xff, ...bodyOf(length)];
    pair.server.receive(pair.toClient, Uint8Array.from(block), 0);
    expect(last(pair.journal).message.code).toBe(code);
    expect(store.executions).toEqual([]);
  });

  it("is sent in blocks when the server finds one message too large (section 2.9.3)", () => {
    const store: Store = { body: bodyOf(1), executions: [] };
    const pair = new Pair([large(store)], { server: blocksOf(64) });
    let isFirst = true;
    pair.fate = (message, toServer) => {
      if (!toServer || !isFirst) return 1;
      isFirst = false;
      const tooLarge = [0x64, Code.requestEntityTooLarge, ...message.subarray(2, 8), 0xd1, 14, 2];
      pair.client.receive(pair.toServer, Uint8Array.from(tooLarge), 0);
      return 0;
    };
    const body = bodyOf(500);
    const options = requestOptions("/large");
    pair.client.request(pair.toServer, { code: Code.put, options, payload: body }, 0);
    pair.deliver();
    expect(store.executions).toEqual([{ method: Code.put, body }]);
  });

  it("several at a time to one resource do not mix (RFC 9175 section 3.3)", () => {
    const { pair, ask, store } = transferring(5);
    const bodies = [1, 2, 3].map((seed) => bodyOf(3000, seed));
    for (const body of bodies) ask(Code.post, body);
    pair.deliver();
    expect(store.executions.map(({ body }) => body[0])).toEqual([1, 2, 3]);
    expect(store.executions.map(({ body }) => body)).toEqual(bodies);
    expect(pair.responses).toHaveLength(3);
  });
});
