import {
  type CoapEndpoint,
  type CoapPeer,
  Code,
  createCoapEndpoint,
  createResources,
  encodeMessage,
  type Resource,
  requestOptions,
} from "@dtls-cluster/coap";
import { Random } from "@dtls-cluster/testkit";
import { chunksOf, joinChunks } from "../chunks.ts";
import { type FuzzTarget, promise } from "../fuzz-target.ts";

const MAX_BODY_BYTES = 65_536;
const RESOURCES: readonly Resource<string>[] = [
  {
    path: "/text",
    observable: true,
    query: { n: { type: "integer", min: 0, max: 9999 }, flag: { type: "flag" } },
    get: (_exchange, _request, query) => ({
      code: Code.content,
      payload: new Uint8Array(query.integer("n") ?? 10),
    }),
    put: (_exchange, request) => ({ code: Code.changed, payload: request.payload.slice() }),
    post: () => undefined,
    fetch: (_exchange, request) => ({ code: Code.content, payload: request.bytes.slice(0, 2000) }),
  },
];

/** An endpoint that serves, and has requests of its own under way; a peer sends it whatever it likes. */
export const coapEndpoint: FuzzTarget = {
  name: "coap-endpoint",
  summary: "CoAP endpoints, server and client: exchanges, observations, bodies in blocks",
  seeds: () => [
    seed(Code.get, [], 0),
    seed(Code.put, [0x08, 0x18, 0x20], 16),
    seed(Code.get, [6], 0),
  ],
  run(input) {
    const sent: number[] = [];
    // Of this run alone: resources remember who observes them.
    const resources = createResources(RESOURCES);
    const endpoint: CoapEndpoint<string> = createCoapEndpoint<string>(
      {
        entropy: new Random(1),
        blockwise: { maxBodyLength: 8192, maxBodyBytes: MAX_BODY_BYTES },
        notifications: { confirmEvery: 2 },
      },
      {
        transmit: (_peer, message) => void sent.push(message.length),
        request: (exchange, request, now) => resources.handle(endpoint, exchange, request, now),
        response: () => {},
        notification: () => {},
        observed: (observation, now) => resources.observed(endpoint, observation, now),
        observationEnded: (observation) => resources.observationEnded(observation),
      },
    );
    const peer = endpoint.openPeer("peer");
    ask(endpoint, peer);
    const chunks = chunksOf(input);
    let now = 0;
    for (const chunk of chunks) {
      endpoint.receive(peer, chunk, now);
      now += chunk.length;
      if (chunk.length % 3 === 0) resources.changed(endpoint, "/text", now);
      if (chunk.length % 5 === 0) endpoint.handleTimeout(now);
    }
    check(endpoint, chunks.length, sent);
    const { received } = endpoint.stats();
    const state = endpoint.exportPeer(peer, now);
    endpoint.importPeer(endpoint.openPeer("heir"), state, now);
    endpoint.closePeer(peer, now);
    return `${JSON.stringify(received)} ${sent.length > 9 ? "many" : sent.length}`;
  },
};

function ask(endpoint: CoapEndpoint<string>, peer: CoapPeer<string>): void {
  const options = requestOptions("/remote");
  endpoint.request(peer, { code: Code.get, options, observe: true }, 0);
  endpoint.request(peer, { code: Code.put, options, payload: new Uint8Array(3000) }, 0);
  endpoint.request(peer, { code: Code.get, options, confirmable: false }, 0);
}

function check(endpoint: CoapEndpoint<string>, messages: number, sent: readonly number[]): void {
  const { received, bodyBytes, duplicateBytes } = endpoint.stats();
  const counted = Object.values(received).reduce((sum, count) => sum + count, 0);
  promise(counted === messages, "each message is counted once");
  promise(bodyBytes <= MAX_BODY_BYTES, "bodies keep their limit");
  promise(duplicateBytes <= 65_536, "deduplication keeps its limit");
  promise(sent.length <= 8 * messages + 20, "few answers to a message");
}

/** A request in blocks, or with one of Observe: option values for Block1, and the size of each payload. */
function seed(code: number, blocks: readonly number[], size: number): Uint8Array {
  const values = blocks.length === 0 ? [undefined] : blocks;
  const messages = values.map((value, index) =>
    encodeMessage({
      type: 0,
      code,
      messageId: index,
      token: Uint8Array.of(9, index),
      options: requestOptions(
        "/text?n=3000",
        value === undefined
          ? []
          : [{ number: value === 6 ? 6 : 27, value: value === 6 ? 0 : value }],
      ),
      payload: new Uint8Array(size),
    }),
  );
  const ack = encodeMessage({ type: 2, code: Code.content, messageId: 1, token: Uint8Array.of(1) });
  return joinChunks([...messages, ack]);
}
