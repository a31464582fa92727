import { describe, expect, it } from "vitest";
import { Code, OptionNumber, requestOptions } from "../src/index.ts";
import { bodyOf } from "./support/pair.ts";
import { blocksOf, transferring } from "./support/transfers.ts";
import { last } from "./support/wire.ts";

const BLOCK1 = OptionNumber.block1;

describe("bodies under way", () => {
  it("survive the loss and doubling of messages, and are executed once", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      let state = seed;
      const random = (): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 8) / 2 ** 24;
      };
      const { pair, ask, store } = transferring(2200, {
        ...blocksOf(256),
        client: blocksOf(256),
        fate: () => (random() < 0.08 ? 0 : random() < 0.2 ? 2 : 1),
      });
      const body = bodyOf(1800, seed);
      ask(Code.post, body);
      pair.run(600_000);
      const context = `seed ${seed}: ${pair.failures.join()}`;
      expect(store.executions, context).toEqual([{ method: Code.post, body }]);
      expect(last(pair.responses).message.payload, context).toEqual(store.body);
    }
  });

  it("go on in another process, in both directions", () => {
    const { pair, ask, store } = transferring(4000);
    let messages = 0;
    pair.fate = (_message, toServer) => {
      messages += 1;
      if (toServer) pair.handOver();
      return 1;
    };
    const body = bodyOf(3000);
    ask(Code.post, body);
    pair.deliver();
    expect(messages).toBeGreaterThan(10);
    expect(store.executions).toEqual([{ method: Code.post, body }]);
    expect(last(pair.responses).message.payload).toEqual(store.body);
  });

  it("of one peer have a limit: the oldest gives way", () => {
    const { pair } = transferring(5, { server: { blockwise: { maxBodiesPerPeer: 2 } } });
    const begin = (id: number) => {
      const options = requestOptions(`/large?q=${id}`, [{ number: BLOCK1, value: 0x08 }]);
      const block = [0x40, 3, 0, id, ...options, 0xff, ...bodyOf(16)];
      pair.server.receive(pair.toClient, Uint8Array.from(block), 0);
    };
    for (let id = 0; id < 10; id += 1) begin(id);
    expect(pair.server.exportPeer(pair.toClient, 0).bodies).toHaveLength(2);
  });

  it("of all peers have a limit in bytes", () => {
    const maxBodyBytes = 70_000;
    const { pair } = transferring(5, { server: { blockwise: { maxBodyBytes } } });
    for (let id = 0; id < 300; id += 1) {
      const peer = pair.server.openPeer(`peer ${id}`);
      const options = requestOptions("/large", [{ number: BLOCK1, value: 0x0e }]);
      const block = [0x40, 3, 0, 1, ...options, 0xff, ...bodyOf(1024)];
      pair.server.receive(peer, Uint8Array.from(block), id);
      expect(pair.server.stats().bodyBytes).toBeLessThanOrEqual(maxBodyBytes);
    }
    expect(pair.server.stats().bodyBytes).toBeGreaterThan(maxBodyBytes / 2);
  });

  it("are forgotten EXCHANGE_LIFETIME after their last block, or with their peer", () => {
    const { pair, ask } = transferring(3000);
    ask(Code.get);
    pair.deliver();
    expect(pair.server.stats().bodyBytes).toBeGreaterThan(3000);
    pair.run(246_000);
    expect(pair.server.stats().bodyBytes).toBeGreaterThan(3000);
    pair.run(248_000);
    expect(pair.server.stats().bodyBytes).toBe(0);
    ask(Code.get);
    pair.deliver();
    pair.server.closePeer(pair.toClient, pair.now);
    expect(pair.server.stats().bodyBytes).toBe(0);
    expect(pair.server.nextTimeout()).toBeUndefined();
  });
});

describe("a notification longer than a message (RFC 7959 section 2.6)", () => {
  it("is completed by fetching its other blocks without Observe", () => {
    const { pair, store } = transferring(2500);
    const options = requestOptions("/large");
    pair.client.request(pair.toServer, { code: Code.get, options, observe: true }, 0);
    pair.deliver();
    expect(last(pair.responses).message.payload).toEqual(store.body);
    store.body = bodyOf(3000, 77);
    pair.resources.changed(pair.server, "/large", 1);
    pair.deliver();
    expect(pair.notifications).toHaveLength(1);
    expect(last(pair.notifications).message.payload).toEqual(store.body);
    const asked = pair.journal.filter(({ toServer, message }) => toServer && message.option(6));
    expect(asked).toHaveLength(1);
  });
});
