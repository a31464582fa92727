import {
  type CoapMessage,
  Code,
  createResources,
  decodeMessage,
  encodeMessage,
  OptionNumber,
  requestOptions,
} from "@dtls-cluster/coap";
import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import { describe, expect, it } from "vitest";
import { AddressProof } from "../src/node/address-proof.ts";
import { PlainCoap } from "../src/node/plain-coap.ts";
import { createBenchmarkResource } from "../src/resources/benchmark.ts";

function plainServer() {
  const sent: { message: CoapMessage; to: string }[] = [];
  const proof = new AddressProof();
  const count = { executions: 0 };
  const plain: PlainCoap = new PlainCoap(
    createNodeEntropy(),
    (bytes, to) => {
      const message = decodeMessage(new Uint8Array(bytes));
      if (typeof message === "object" && "bytes" in message) sent.push({ message, to: to.address });
    },
    createResources([
      createBenchmarkResource(
        (exchange, request, now) => {
          if (proof.isProven(exchange.peer.transport, request, now)) {
            plain.coap.accept(exchange, now);
          }
        },
        count,
        () => 0,
      ),
    ]),
    proof,
  );
  let messageId = 0;
  const ask = (
    code: number,
    target: string,
    more: {
      echo?: Uint8Array;
      from?: string;
      now?: number;
      payload?: Uint8Array;
      type?: 0 | 1;
    } = {},
  ): { request: Uint8Array; answers: CoapMessage[] } => {
    messageId += 1;
    const options = requestOptions(target);
    const echo = more.echo;
    const request = encodeMessage({
      type: more.type ?? 1,
      code,
      messageId,
      token: Uint8Array.of(1, 2),
      options:
        echo === undefined
          ? options
          : [...optionsOf(target), { number: OptionNumber.echo, value: echo }],
      payload: more.payload,
    });
    const before = sent.length;
    plain.receive(request, more.from ?? "192.0.2.1", 5683, more.now ?? 1000);
    return { request, answers: sent.slice(before).map(({ message }) => message) };
  };
  return { ask, count };
}

const optionsOf = (target: string) => {
  const [path = "", query = ""] = target.slice(1).split("?");
  return [
    { number: OptionNumber.uriPath, value: path },
    ...query
      .split("&")
      .filter(Boolean)
      .map((value) => ({ number: OptionNumber.uriQuery, value })),
  ];
};

const bytesOf = (answers: readonly CoapMessage[]): number =>
  answers.reduce((sum, { bytes }) => sum + bytes.length, 0);

describe("plain CoAP before the address is proven (RFC 9175 section 2.4)", () => {
  it.each([
    [Code.get, "/benchmark?rlen=1024"],
    [Code.post, "/benchmark?rlen=1024"],
    [Code.put, "/benchmark?rlen=1024&ack"],
    [Code.get, "/benchmark?rlen=9999"],
    [Code.get, "/.well-known/core"],
    [Code.get, "/"],
    [Code.get, "/nothing"],
    [Code.delete, "/benchmark"],
  ])("never sends more than it got: %d %s", (code, target) => {
    for (const type of [0, 1] as const) {
      const { request, answers } = plainServer().ask(code, target, { type });
      expect(answers.length).toBe(1);
      expect(bytesOf(answers)).toBeLessThanOrEqual(request.length);
    }
  });

  it("answers a GET in full once the Echo value came back from the same address", () => {
    const { ask } = plainServer();
    const [challenge] = ask(Code.get, "/benchmark?rlen=300").answers;
    expect(challenge?.code).toBe(Code.unauthorized);
    const echo = challenge?.option(OptionNumber.echo)?.slice();
    if (echo === undefined) throw new Error("no Echo option");
    const [answer] = ask(Code.get, "/benchmark?rlen=300", { echo }).answers;
    expect([answer?.code, answer?.payloadLength]).toEqual([Code.content, 300]);
    const [elsewhere] = ask(Code.get, "/benchmark?rlen=300", { echo, from: "192.0.2.2" }).answers;
    expect(elsewhere?.code).toBe(Code.unauthorized);
    const [late] = ask(Code.get, "/benchmark?rlen=300", { echo, now: 181_000 }).answers;
    expect(late?.code).toBe(Code.unauthorized);
  });

  it("executes a POST once and answers what fits", () => {
    const { ask, count } = plainServer();
    const payload = new Uint8Array(40);
    const { answers } = ask(Code.post, "/benchmark?rlen=40", { payload });
    expect(answers.map(({ code, payloadLength }) => [code, payloadLength])).toEqual([
      [Code.changed, 40],
    ]);
    const cut = ask(Code.post, "/benchmark?rlen=400", { payload });
    expect(bytesOf(cut.answers)).toBe(cut.request.length);
    expect(count.executions).toBe(2);
  });
});
