import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ClusterServer,
  coapClient,
  libcoap,
  type PeerProcess,
  startClusterServer,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const key = "secretPSK";
const credentials = ["-u", "device-1", "-k", key];
let server: ClusterServer;

beforeAll(async () => {
  if (!libcoap.some(({ client }) => client.isInstalled)) return;
  server = await startClusterServer("--psk", `device-*:${key}`);
});
afterAll(() => server?.stop());

/** What the client prints until its end, which must be a success. */
async function answerOf(client: PeerProcess): Promise<string> {
  expect(await keep(client).waitForEnd(25_000), client.output).toBe(0);
  return client.output.trim();
}

for (const { flavour, client: program } of libcoap) {
  describe.skipIf(!program.isInstalled)(`coap-client-${flavour} against our server`, () => {
    const coaps = (path: string) => `coaps://127.0.0.1:${server.coapsPort}${path}`;
    const secure = (...args: string[]) => answerOf(coapClient(program, ...credentials, ...args));

    test("GET /.well-known/core", async () => {
      expect(await secure(coaps("/.well-known/core"))).toContain('</benchmark>;rt="benchmark"');
    });

    test("POST /benchmark?rlen=40", async () => {
      const answer = await secure("-m", "post", "-e", "payload", coaps("/benchmark?rlen=40"));
      expect(answer).toBe("hello benchmark".padEnd(40, "*"));
    });

    test("a separate response", async () => {
      const answer = await secure("-v", "7", coaps("/benchmark?rlen=20&ack"));
      expect(answer).toMatch(/t:ACK c:0\.00/);
      expect(answer).toMatch(/t:CON c:2\.05 .*'hello observe 000\*\*\*'/);
    });

    test("non-confirmable", async () => {
      const answer = await secure("-N", "-v", "6", "-m", "put", coaps("/benchmark?rlen=16"));
      expect(answer).toMatch(/t:NON c:2\.04 .*'hello benchmark\*'/);
    });

    test("an unknown resource", async () => {
      expect(await secure(coaps("/nothing-here"))).toMatch(/^4\.04/);
    });

    test("a request lost once is repeated by the client", async () => {
      // Its datagrams are two hellos, the flight with Finished, then the request; GnuTLS sends that flight in three.
      const request = flavour === "openssl" ? "4" : "6";
      const answer = await secure("-v", "7", "-l", request, coaps("/benchmark?rlen=17"));
      expect(answer).toMatch(/retransmission #1/);
      expect(answer).toContain("hello observe 000");
    });

    test("a lost handshake datagram is repeated by the client", async () => {
      const answer = await secure("-l", "1", coaps("/benchmark?rlen=17"));
      expect(answer).toContain("hello observe 000");
    });

    test("a wrong key gets no answer and disturbs nobody", async () => {
      const wrong = ["-u", "device-2", "-k", "wrongPSK", "-B", "3"];
      const client = keep(coapClient(program, ...wrong, coaps("/benchmark")));
      await client.waitForEnd();
      expect(client.output).not.toContain("hello");
      expect(await secure(coaps("/benchmark"))).toBe("hello observe 000");
    });

    test("plain CoAP", async () => {
      const uri = `coap://127.0.0.1:${server.coapPort}/benchmark?rlen=40`;
      const payload = "p".repeat(40);
      const answer = await answerOf(coapClient(program, "-m", "post", "-e", payload, uri));
      expect(answer).toBe("hello benchmark".padEnd(40, "*"));
    });

    test("plain CoAP, an answer that is larger than its request: proven by Echo (RFC 9175)", async () => {
      const uri = `coap://127.0.0.1:${server.coapPort}/benchmark?rlen=300`;
      expect(await answerOf(coapClient(program, uri))).toBe("hello observe 000".padEnd(300, "*"));
    });
  });
}
