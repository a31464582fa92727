import { expect, test } from "vitest";
import { cipherSuiteById } from "../../src/crypto/cipher-suites.ts";
import { RecordSealer } from "../../src/protection/record-sealer.ts";
import { createConnectedPair, crypto } from "../peer.ts";

const handshake = 22;
const alert = 21;

/** A connected pair and a way to seal anything as the client would, as only a peer with the keys can. */
function withClientKeys() {
  const pair = createConnectedPair();
  const state = pair.server.endpoint.snapshot(pair.serverConnection, pair.world.now);
  const suite = cipherSuiteById(state?.cipherSuite ?? 0);
  if (state === undefined || suite === undefined) throw new Error("no snapshot");
  const sealer = new RecordSealer({
    suite,
    key: crypto.aeadKey(suite.aead, state.clientWriteKey),
    iv: state.clientWriteIv,
    epoch: 1,
    connectionId: state.readConnectionId,
    nextSequence: 1000,
  });
  const inject = (type: number, ...content: number[]) => {
    const datagram = sealer.sealDatagram(type, Uint8Array.from(content));
    return pair.server.receive(datagram ?? new Uint8Array(), pair.client.socket.address);
  };
  return { ...pair, inject };
}

test("renegotiation is refused with a warning and changes nothing", () => {
  const { world, client, server, clientConnection, serverConnection, inject } = withClientKeys();
  const sent = server.sent.length;
  expect(inject(handshake, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0)).toBe("handled");
  expect(server.sent).toHaveLength(sent + 1);
  server.send(serverConnection, "as before");
  world.runUntilIdle();
  expect(client.payloads()).toEqual(["as before"]);
  expect(clientConnection.phase).toBe("connected");
});

test("a fatal alert under the keys ends the connection and names the alert", () => {
  const { server, inject } = withClientKeys();
  expect(inject(alert, 2, 80)).toBe("handled");
  expect(server.closeReasons()).toMatchObject([
    { kind: "failed", error: { code: "DTLS_ALERT_RECEIVED", alert: 80 } },
  ]);
});

test("warnings and malformed alerts under the keys change nothing", () => {
  const { server, serverConnection, inject } = withClientKeys();
  expect(inject(alert, 1, 90)).toBe("handled");
  expect(inject(alert, 3, 0)).toBe("malformed");
  expect(inject(alert, 1)).toBe("malformed");
  expect(inject(handshake, 1, 2, 3)).toBe("malformed");
  expect(inject(99, 1)).toBe("unexpected");
  expect(serverConnection.phase).toBe("connected");
  expect(server.closeReasons()).toEqual([]);
});

test("a repeated Finished is answered with the last flight, until data has come", () => {
  const { server, inject } = withClientKeys();
  const finished = [20, 0, 0, 12, 0, 3, 0, 0, 0, 0, 0, 12, ...new Array<number>(12).fill(0)];
  const sent = server.sent.length;
  expect(inject(handshake, ...finished)).toBe("handled");
  expect(server.sent).toHaveLength(sent + 1);
  expect(inject(23, 65)).toBe("handled");
  expect(inject(handshake, ...finished)).toBe("unexpected");
  expect(server.sent).toHaveLength(sent + 1);
  expect(server.endpoint.nextTimeout()).toBe(undefined);
});

test("the last flight is not kept for ever", () => {
  const { world, server, inject } = withClientKeys();
  world.runFor(60_001);
  const sent = server.sent.length;
  inject(handshake, 20, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0);
  expect(server.sent).toHaveLength(sent);
  expect(server.endpoint.nextTimeout()).toBe(undefined);
});
