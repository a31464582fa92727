import { describe, expect, test } from "vitest";
import { certificateSuites, mbedTls, pskSuites } from "../../src/index.ts";
import { gcm, talk, theirClient, theirServer } from "../c-peer-setting.ts";
import { testTheirClient, testTheirServer } from "../c-peer-tests.ts";

// The other suites of ECDHE_PSK (RFC 8442) are not in Mbed TLS.
const ecdhePsk = { name: "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", id: 0xccac };
const suites = [...pskSuites, ecdhePsk, ...certificateSuites];
const theirs = { mtu: 256 };

describe.skipIf(!mbedTls.isAvailable)("Mbed TLS against our server", () => {
  testTheirClient(mbedTls, suites);

  test("their certificates over a small MTU, in fragments", async () => {
    const { proxy, ...made } = await theirClient(mbedTls, { suite: gcm, theirs });
    await talk(made);
    const sent = proxy.seen.filter(({ toServer }) => toServer);
    for (const { bytes } of sent) expect(bytes.length).toBeLessThanOrEqual(theirs.mtu);
  });
});

describe.skipIf(!mbedTls.isAvailable)("our client against Mbed TLS", () => {
  testTheirServer(mbedTls, suites);

  test("their certificates over a small MTU, in fragments", async () => {
    const { proxy, ...made } = await theirServer(mbedTls, { suite: gcm, theirs });
    await talk(made);
    const sent = proxy.seen.filter(({ toServer }) => !toServer);
    for (const { bytes } of sent) expect(bytes.length).toBeLessThanOrEqual(theirs.mtu);
  });
});
