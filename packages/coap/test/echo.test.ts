import { describe, expect, it } from "vitest";
import { Code, ContentFormat, OptionNumber, requestOptions } from "../src/index.ts";
import { bodyOf, Pair } from "./support/pair.ts";
import { last } from "./support/wire.ts";

describe("a server that wants a proof of freshness (RFC 9175 section 2.3)", () => {
  it("gets the request again with its Echo value, once", () => {
    const executed: boolean[] = [];
    const pair = new Pair([
      {
        path: "/fresh",
        post: (_exchange, request) => {
          executed.push(request.option(OptionNumber.echo) !== undefined);
          if (last(executed)) return { code: Code.changed, payload: request.payload.slice() };
          return {
            code: Code.unauthorized,
            options: [{ number: OptionNumber.echo, value: Uint8Array.of(1, 2, 3) }],
          };
        },
      },
    ]);
    const options = requestOptions("/fresh", [
      { number: OptionNumber.contentFormat, value: ContentFormat.octetStream },
    ]);
    const exchange = pair.client.request(
      pair.toServer,
      { code: Code.post, options, payload: bodyOf(1500) },
      0,
    );
    pair.deliver();
    expect(executed).toEqual([false, true]);
    expect(pair.responses.map((told) => told.exchange)).toEqual([exchange]);
    expect(last(pair.responses).message.payload).toEqual(bodyOf(1500));
  });

  it("that is never content is believed after one repetition", () => {
    const echo = [{ number: OptionNumber.echo, value: Uint8Array.of(9) }];
    const pair = new Pair([
      { path: "/never", get: () => ({ code: Code.unauthorized, options: echo }) },
    ]);
    const request = { code: Code.get, options: requestOptions("/never") };
    pair.client.request(pair.toServer, request, 0);
    pair.deliver();
    expect(pair.responses.map(({ message }) => message.code)).toEqual([Code.unauthorized]);
    expect(pair.journal).toHaveLength(4);
  });
});
