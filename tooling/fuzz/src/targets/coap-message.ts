import { Code, decodeMessage, encodeMessage, requestOptions } from "@dtls-cluster/coap";
import { type FuzzTarget, promise } from "../fuzz-target.ts";

/** The CoAP message codec: whatever decodes is encoded to a message that reads the same. */
export const coapMessage: FuzzTarget = {
  name: "coap-message",
  summary: "CoAP messages, decoded and encoded again",
  seeds: () => [
    encodeMessage({ type: 0, code: 0, messageId: 1 }),
    encodeMessage({
      type: 0,
      code: Code.post,
      messageId: 0x1234,
      token: Uint8Array.of(1, 2, 3, 4),
      options: requestOptions("/benchmark?rlen=40&ack", [
        { number: 12, value: 0 },
        { number: 27, value: 0x0e },
        { number: 252, value: "echo" },
        { number: 65_000, value: "x".repeat(300) },
      ]),
      payload: new Uint8Array(40).fill(7),
    }),
  ],
  run(input) {
    const message = decodeMessage(input);
    if (message === undefined) return "refused";
    const options = message.options();
    for (const { number } of options) {
      message.uintOption(number);
      message.textOptions(number);
    }
    const again = encodeMessage({
      type: message.type,
      code: message.code,
      messageId: message.messageId,
      token: message.token,
      options,
      payload: message.payload,
    });
    const reread = decodeMessage(again);
    promise(reread !== undefined, "what was decoded can be decoded again");
    promise(String(reread?.options().map(told)) === String(options.map(told)), "the same options");
    promise(String(reread?.payload) === String(message.payload), "the same payload");
    void [message.path, message.text];
    return `${message.type} ${message.code} ${message.tokenLength} ${options.map((option) => option.number)}`;
  },
};

const told = ({ number, value }: { number: number; value: Uint8Array }): string =>
  `${number}=${value}`;
