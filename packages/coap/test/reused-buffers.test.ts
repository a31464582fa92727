import { expect, it } from "vitest";
import {
  CoapMessage,
  Code,
  createResources,
  decodeMessage,
  encodeMessage,
  encodeUtf8,
  requestOptions,
} from "../src/index.ts";
import { createStation, decoded, last } from "./support/wire.ts";

const get = (messageId: number, target: string): Uint8Array =>
  encodeMessage({ type: 0, code: Code.get, messageId, options: requestOptions(target) });

// Sockets read one datagram after the other into the same Buffer, whose `slice` is a view.
it("keeps nothing of a Buffer that the next datagram overwrites", () => {
  const table = createResources([
    {
      path: "/q",
      query: { n: { type: "integer", min: 0, max: 99 } },
      get: (_exchange, _request, query) => ({
        code: Code.content,
        payload: encodeUtf8(String(query.integer("n"))),
      }),
    },
  ]);
  const station = createStation(
    {},
    { request: (exchange, request, now) => table.handle(station.endpoint, exchange, request, now) },
  );
  const buffer = Buffer.alloc(64);
  const receive = (message: Uint8Array): string => {
    buffer.set(message);
    station.receive(buffer.subarray(0, message.length));
    return decoded(last(station.sent)).text;
  };
  expect(receive(get(1, "/q?n=11"))).toBe("11");
  expect(receive(get(2, "/q?n=22"))).toBe("22");
});

it("copies a message out of a Buffer", () => {
  const buffer = Buffer.from(get(1, "/q"));
  const message = decodeMessage(buffer);
  if (!(message instanceof CoapMessage)) throw new Error("the message does not parse");
  const copy = message.copy();
  buffer.fill(0);
  expect(copy.path).toBe("/q");
});
