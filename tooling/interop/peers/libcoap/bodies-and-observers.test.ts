import { Code, requestOptions } from "@dtls-cluster/coap";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ClusterServer,
  coapClient,
  type LibcoapServer,
  libcoap,
  PlainCoapClient,
  startClusterServer,
  startLibcoapServer,
  until,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const key = "secretPSK";
const credentials = ["-u", "device-1", "-k", key];

for (const { flavour, client, server } of libcoap) {
  describe.skipIf(!client.isInstalled)(`coap-client-${flavour} against our server`, () => {
    let own: ClusterServer;
    const coaps = (path: string) => `coaps://127.0.0.1:${own.coapsPort}${path}`;

    beforeAll(async () => {
      own = await startClusterServer("--psk", `device-*:${key}`, "--notify-interval", "200");
    });
    afterAll(() => own?.stop());

    const outputOf = async (...args: readonly string[]): Promise<string> => {
      const process = keep(coapClient(client, ...credentials, ...args));
      expect(await process.waitForEnd(25_000), process.output).toBe(0);
      return process.output.trim();
    };

    test.each(["1024", "64"])("fetches 8192 bytes in blocks of %s (RFC 7959)", async (size) => {
      const text = "hello observe 000".padEnd(8192, "*");
      expect(await outputOf("-b", size, coaps("/benchmark?rlen=8192"))).toBe(text);
    });

    test("sends 5000 bytes in blocks, which are one request", async () => {
      const payload = "p".repeat(5000);
      const body = ["-m", "put", "-b", "256", "-e", payload];
      const answer = await outputOf(...body, coaps("/benchmark?rlen=1500"));
      expect(answer).toBe("hello benchmark".padEnd(1500, "*"));
    });

    test("observes (RFC 7641)", async () => {
      const texts = await outputOf("-s", "2", "-w", coaps("/benchmark?rlen=17"));
      expect(texts.split("\n").length).toBeGreaterThan(3);
      expect(texts).toMatch(/^(hello observe \d{3}\s*)+$/);
    });
  });

  describe.skipIf(!server.isInstalled)(`our client against coap-server-${flavour}`, () => {
    let peer: LibcoapServer;
    let own: PlainCoapClient;

    beforeAll(async () => {
      // -d: unknown resources may be made by PUT.
      peer = await startLibcoapServer(server, key, "-d", "10");
      own = new PlainCoapClient(peer.coapPort);
    });
    afterAll(async () => {
      own?.close();
      await peer?.stop();
    });

    test("sends and fetches a body in blocks (RFC 7959)", async () => {
      const options = requestOptions("/large");
      const payload = Uint8Array.from({ length: 5000 }, (_, index) => 97 + (index % 26));
      const put = await own.request({ code: Code.put, options, payload });
      expect(put.code).toBe(Code.created);
      const got = await own.request({ code: Code.get, options });
      expect(got.code).toBe(Code.content);
      expect(got.payload).toEqual(payload);
    });

    test("observes (RFC 7641)", async () => {
      const options = requestOptions("/time");
      const first = await own.request({ code: Code.get, options, observe: true });
      expect(first.option(6)).toBeDefined();
      await until(() => own.notifications.length > 1);
      const [next] = own.notifications;
      expect(next?.code).toBe(Code.content);
      expect(next?.text).not.toBe(first.text);
    });
  });
}
