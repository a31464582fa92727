import {
  type CoapMessage,
  type CoapResponse,
  Code,
  type Resource,
  requestOptions,
} from "../../src/index.ts";
import { bodyOf, Pair, type PairOptions } from "./pair.ts";

export interface Store {
  body: Uint8Array;
  executions: { method: number; body: Uint8Array }[];
}

export function large(store: Store, response: Partial<CoapResponse> = {}): Resource<string> {
  const answer = (code: number) => (_exchange: unknown, request: CoapMessage) => {
    store.executions.push({ method: request.code, body: new Uint8Array(request.payload) });
    return { code, payload: store.body, ...response };
  };
  return {
    path: "/large",
    observable: true,
    query: { q: { type: "text" } },
    get: answer(Code.content),
    post: answer(Code.changed),
    put: answer(Code.changed),
  };
}

export function transferring(length: number, options: PairOptions = {}) {
  const store: Store = { body: bodyOf(length), executions: [] };
  const pair = new Pair([large(store)], options);
  const ask = (code: number, payload?: Uint8Array, target = "/large") =>
    pair.client.request(
      pair.toServer,
      { code, options: requestOptions(target), payload },
      pair.now,
    );
  /** Block numbers and whether more follow, of the messages in one direction. */
  const blocks = (toServer: boolean, option: number) =>
    pair.journal
      .filter((entry) => entry.toServer === toServer)
      .map(({ message }) => message.uintOption(option))
      .filter((value) => value !== undefined)
      .map((value) => `${value >> 4}${(value & 8) === 0 ? "" : "+"}/${16 << (value & 7)}`);
  return { store, pair, ask, blocks };
}

/** Options that make one side prefer blocks of so many bytes. */
export const blocksOf = (preferredBlockSize: number) => ({ blockwise: { preferredBlockSize } });
