import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
  type CoapEndpoint,
  type CoapMessage,
  type CoapResponse,
  Code,
  encodeOptions,
  OptionNumber,
  type ServerExchange,
} from "@dtls-cluster/coap";
import type { SocketAddress } from "@dtls-cluster/dtls";

const SLOT_MS = 60_000;
const ECHO_LENGTH = 9;
/** Header of an option with a number from 13 to 268 and a value of up to 12 bytes. */
const ECHO_OPTION_LENGTH = 2 + ECHO_LENGTH;
const HEADER_LENGTH = 4;

/**
 * Keeps plain CoAP from sending more to an address than came from it, until the address has answered
 * with an Echo option (RFC 9175 section 2.4): a larger answer to a GET becomes 4.01 with Echo, any other
 * one is cut. Nothing is remembered of who asked.
 */
export class AddressProof {
  readonly #key = randomBytes(32);

  /** Whether the request carries an Echo option that its address was given within the last two minutes. */
  isProven(from: SocketAddress, request: CoapMessage, now: number): boolean {
    const echo = request.option(OptionNumber.echo);
    if (echo?.length !== ECHO_LENGTH) return false;
    const slot = Math.floor(now / SLOT_MS);
    return [slot, slot - 1].some((candidate) => timingSafeEqual(echo, this.#echo(from, candidate)));
  }

  respond(
    coap: CoapEndpoint<SocketAddress>,
    exchange: ServerExchange<SocketAddress>,
    request: CoapMessage,
    response: CoapResponse,
    now: number,
  ): boolean {
    const from = exchange.peer.transport;
    const bare = HEADER_LENGTH + request.tokenLength;
    const options = optionBytes(response);
    const payloadLength = response.payload?.length ?? 0;
    const room = request.bytes.length - bare - options.length;
    const needed = payloadLength === 0 ? 0 : 1 + payloadLength;
    if (needed <= room || this.isProven(from, request, now)) {
      return coap.respond(exchange, response, now);
    }
    if (request.code === Code.get && bare + ECHO_OPTION_LENGTH <= request.bytes.length) {
      const value = this.#echo(from, Math.floor(now / SLOT_MS));
      const echo = encodeOptions([{ number: OptionNumber.echo, value }]);
      return coap.respond(exchange, { code: Code.unauthorized, options: echo }, now);
    }
    const { code } = response;
    if (room < 2) return coap.respond(exchange, { code }, now);
    const payload = response.payload?.subarray(0, room - 1);
    return coap.respond(exchange, { code, options, payload }, now);
  }

  #echo({ address, port }: SocketAddress, slot: number): Uint8Array {
    const mac = createHmac("sha256", this.#key).update(`${slot} ${port} ${address}`).digest();
    return new Uint8Array(mac.subarray(0, ECHO_LENGTH));
  }
}

function optionBytes({ options }: CoapResponse): Uint8Array {
  if (options === undefined) return new Uint8Array(0);
  return options instanceof Uint8Array ? options : encodeOptions(options);
}
