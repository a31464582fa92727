import { describe } from "vitest";
import { certificateSuites, wolfSsl } from "../../src/index.ts";
import { testTheirClient, testTheirServer } from "../c-peer-tests.ts";

// Debian builds it without plain PSK, and it knows no other suite of ECDHE_PSK that is ours.
const suites = [
  { name: "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", id: 0xd001 },
  { name: "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", id: 0xccac },
  ...certificateSuites,
];

describe.skipIf(!wolfSsl.isAvailable)("wolfSSL against our server", () => {
  testTheirClient(wolfSsl, suites);
});

describe.skipIf(!wolfSsl.isAvailable)("our client against wolfSSL", () => {
  // Its server does not repeat its last flight when the client repeats its own (RFC 6347 section 4.2.4 asks for it).
  const lastFlight = 2;
  testTheirServer(wolfSsl, suites, ({ toServer, index }) => toServer || index !== lastFlight);
});
