import { randomFillSync } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import {
  type CoapEndpoint,
  type CoapMessage,
  type CoapPeer,
  type CoapRequest,
  createCoapEndpoint,
} from "@dtls-cluster/coap";
import { InteropError } from "./interop-error.ts";

const entropy = { fill: (target: Uint8Array): void => void randomFillSync(target) };

/** Our CoAP client over plain UDP, for one server on loopback; keeps the notifications that it gets. */
export class PlainCoapClient {
  readonly #socket: Socket = createSocket("udp4");
  readonly #coap: CoapEndpoint<undefined>;
  readonly #server: CoapPeer<undefined>;
  readonly notifications: CoapMessage[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#coap = createCoapEndpoint<undefined>(
      { entropy },
      {
        transmit: (_peer, message) =>
          this.#socket.send(Uint8Array.from(message), port, "127.0.0.1"),
        response: ({ attachment }, response) => settlerOf(attachment).resolve(response.copy()),
        failed: ({ attachment }, reason) =>
          settlerOf(attachment).reject(new InteropError(`no response: ${reason}`)),
        notification: (_exchange, response) => void this.notifications.push(response.copy()),
      },
    );
    this.#server = this.#coap.openPeer(undefined);
    this.#socket.on("message", (message) =>
      this.#coap.receive(this.#server, message, performance.now()),
    );
    this.#timer = setInterval(() => this.#coap.handleTimeout(performance.now()), 100);
  }

  request(request: CoapRequest): Promise<CoapMessage> {
    return new Promise((resolve, reject) => {
      this.#coap.request(this.#server, request, performance.now(), { resolve, reject });
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}

interface Settler {
  resolve(response: CoapMessage): void;
  reject(error: Error): void;
}

function settlerOf(attachment: unknown): Settler {
  return attachment as Settler;
}
