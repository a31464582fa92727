/**
 * CPU of decoding a request and encoding a response, own codec against coap-packet. Run from the
 * root of the workspace:
 *
 *   node --conditions=@dtls-cluster/source packages/coap/bench/codec.bench.ts
 */
import coapPacket from "coap-packet";
import {
  Code,
  decodeMessage,
  encodeMessage,
  encodeOptions,
  MessageType,
  requestOptions,
} from "../src/index.ts";

const ROUNDS = 300_000;
const payload = Buffer.alloc(40, "*");
const token = Buffer.from([1, 2, 3, 4]);
const options = encodeOptions([{ number: 12, value: 0 }]);
const request = Buffer.from(
  encodeMessage({
    type: MessageType.confirmable,
    code: Code.post,
    messageId: 1,
    token,
    options: requestOptions("/benchmark?rlen=40", [{ number: 17, value: 0 }]),
    payload,
  }),
);

let bytes = 0;
function measure(name: string, run: (round: number) => number): void {
  const figures: number[] = [];
  for (let repetition = 0; repetition < 5; repetition += 1) {
    const start = process.cpuUsage();
    for (let round = 0; round < ROUNDS; round += 1) bytes += run(round & 0xffff);
    const used = process.cpuUsage(start);
    figures.push((used.user + used.system) / ROUNDS);
  }
  const median = figures.sort((a, b) => a - b)[2] ?? 0;
  console.log(`${name.padEnd(44)} ${median.toFixed(3)} µs CPU`);
}

measure("own: decode, all options, token, payload", () => {
  const message = decodeMessage(request);
  if (message === undefined) return 0;
  return message.options().length + message.token.length + message.payload.length;
});
measure("coap-packet: parse", () => coapPacket.parse(request).payload.length);
measure("own: decode, payload only", () => decodeMessage(request)?.payloadLength ?? 0);
measure(
  "own: encode a response",
  (messageId) =>
    encodeMessage({
      type: MessageType.acknowledgement,
      code: Code.changed,
      messageId,
      token,
      options,
      payload,
    }).length,
);
measure(
  "coap-packet: generate a response",
  (messageId) =>
    coapPacket.generate({
      ack: true,
      code: "2.04",
      messageId,
      token,
      options: [{ name: "Content-Format", value: Buffer.alloc(0) }],
      payload,
    }).length,
);
console.log(`(${bytes} bytes in all, request of ${request.length} bytes)`);
