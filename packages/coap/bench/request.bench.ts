/**
 * CPU of one confirmable POST /benchmark?rlen=40 with 40 bytes of payload on the server, through
 * deduplication, router and response. Run from the root of the workspace:
 *
 *   node --conditions=@dtls-cluster/source packages/coap/bench/request.bench.ts
 */
import { randomFillSync } from "node:crypto";
import {
  type CoapEndpoint,
  Code,
  createCoapEndpoint,
  createResources,
  encodeMessage,
  encodeOptions,
  requestOptions,
} from "../src/index.ts";

const PEERS = 2000;
const ROUNDS = 500;
const entropy = { fill: (target: Uint8Array) => void randomFillSync(target) };
const options = requestOptions("/benchmark?rlen=40", [{ number: 17, value: 0 }]);
const payload = new Uint8Array(40).fill(0x2a);
const contentFormat = encodeOptions([{ number: 12, value: 0 }]);

let bytesOut = 0;
const resources = createResources<number>([
  {
    path: "/benchmark",
    query: { rlen: { type: "integer", min: 0, max: 8192 }, ack: { type: "flag" } },
    post: (_exchange, _request, query) => ({
      code: Code.changed,
      options: contentFormat,
      payload: payload.length === query.integer("rlen") ? payload : undefined,
    }),
  },
]);
const endpoint: CoapEndpoint<number> = createCoapEndpoint<number>(
  { entropy },
  {
    transmit: (_peer, message) => {
      bytesOut += message.length;
    },
    request: (exchange, request, now) => resources.handle(endpoint, exchange, request, now),
  },
);
const peers = Array.from({ length: PEERS }, (_, index) => endpoint.openPeer(index));
const request = encodeMessage({
  type: 0,
  code: Code.post,
  messageId: 0,
  token: Uint8Array.of(1, 2, 3, 4),
  options,
  payload,
});

let now = 0;
let messageId = 0;
for (let repetition = 1; repetition <= 5; repetition += 1) {
  const start = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) {
    messageId = (messageId + 1) & 0xffff;
    request[2] = messageId >> 8;
    request[3] = messageId & 255;
    now += PEERS / 20;
    for (const peer of peers) endpoint.receive(peer, request, now);
    endpoint.handleTimeout(now);
  }
  const used = process.cpuUsage(start);
  const perRequest = (used.user + used.system) / (PEERS * ROUNDS);
  console.log(
    `${perRequest.toFixed(3)} µs CPU per request (${request.length} B in, ${PEERS} peers, run ${repetition})`,
  );
}
const { duplicateBytes, received } = endpoint.stats();
console.log(
  `${received.request} requests, ${bytesOut} bytes out, deduplication ${(duplicateBytes / PEERS).toFixed(0)} B a peer`,
);
