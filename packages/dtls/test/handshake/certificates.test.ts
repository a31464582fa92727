import { describe, expect, test } from "vitest";
import type { GroupName } from "../../src/index.ts";
import { connected, failure, handshake, type Setting } from "../certificates.ts";
import { psk, utf8 } from "../peer.ts";

const suites: readonly [string, number][] = [
  ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c],
  ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 0xc0ac],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", 0xc0ae],
];

describe.each(suites)("%s", (name, id) => {
  test.each(["none", "wanted", "required"] as const)("client authentication %s", (asked) => {
    const { clientConnection, serverConnection, serverCredentials, clientCredentials } = connected({
      client: [{}],
      options: {
        client: { cipherSuites: [name] },
        server: { clientAuthentication: asked },
      },
    });
    expect([clientConnection.cipherSuite, serverConnection.cipherSuite]).toEqual([id, id]);
    expect(clientConnection.peerCertificate?.chain).toEqual(serverCredentials[0]?.chain);
    expect(serverConnection.peerCertificate?.chain).toEqual(
      asked === "none" ? undefined : clientCredentials[0]?.chain,
    );
  });

  test.each(["enabled", "disabled"] as const)(
    "extended master secret %s",
    (extendedMasterSecret) => {
      connected({ options: { both: { extendedMasterSecret }, client: { cipherSuites: [name] } } });
    },
  );
});

describe("keys", () => {
  const keyTypes = ["P-256", "P-384", "ed25519"] as const;
  const groups: readonly GroupName[] = ["x25519", "secp256r1", "secp384r1"];

  test.each(keyTypes.flatMap((keyType) => groups.map((group) => [keyType, group] as const)))(
    "a server key of %s with group %s",
    (keyType, group) => {
      // A client without the key's curve in its groups does not take the certificate (RFC 8422 section 5.1).
      const offered: GroupName[] = [group, "secp256r1", "secp384r1"];
      connected({
        server: [{ options: { keyType } }],
        options: { server: { groups: [group] }, client: { groups: offered } },
      });
    },
  );

  test.each([...keyTypes, "rsa"] as const)("a client key of %s", (keyType) => {
    connected({
      client: [{ options: { keyType } }],
      options: { server: { clientAuthentication: "required" } },
    });
  });

  test.each([{ keyType: "secp256k1" }, { keyType: "rsa", modulusLength: 1024 }] as const)(
    "a weak own key is refused: %j",
    (options) => {
      expect(() => handshake({ server: [{ options }] })).toThrow(/credentials\[0\]\.chain/);
    },
  );

  test("no common group", () => {
    const options = {
      server: { groups: ["x25519"] },
      client: { groups: ["secp256r1"] },
    } as const;
    expect(failure({ options })).toEqual({ client: 40, server: undefined });
  });

  test("a certificate of a curve that the client has not (RFC 8422 section 5.1)", () => {
    const options = { client: { groups: ["secp256r1"] } } as const;
    const server = [{ options: { keyType: "P-384" } }] as const;
    expect(failure({ server, options })).toEqual({ client: 40, server: undefined });
  });
});

describe("raw public keys (RFC 7250)", () => {
  const raw = [{ type: "raw-public-key" }] as const;
  const connect = { serverCertificateTypes: ["raw-public-key"] } as const;

  test("on both sides", () => {
    const { clientConnection, serverConnection, serverCredentials, clientCredentials } = connected({
      server: raw,
      client: raw,
      connect,
      options: {
        server: { clientAuthentication: "required", clientCertificateTypes: ["raw-public-key"] },
      },
    });
    expect(clientConnection.peerCertificate).toEqual(serverCredentials[0]);
    expect(serverConnection.peerCertificate).toEqual(clientCredentials[0]);
  });

  test("of a server alone, and of a client alone", () => {
    connected({ server: raw, connect });
    const { serverConnection } = connected({
      client: raw,
      options: {
        server: {
          clientAuthentication: "required",
          clientCertificateTypes: ["x509", "raw-public-key"],
        },
      },
    });
    expect(serverConnection.peerCertificate?.type).toBe("raw-public-key");
  });

  test("a server chooses the client's best type that it has", () => {
    const { clientConnection } = connected({
      server: [...raw, {}],
      connect: { serverCertificateTypes: ["x509", "raw-public-key"] },
    });
    expect(clientConnection.peerCertificate?.type).toBe("x509");
  });

  test("a client that cannot show the type that the server insists on (RFC 7250 section 4.2)", () => {
    const options = {
      server: { clientAuthentication: "required", clientCertificateTypes: ["raw-public-key"] },
    } as const;
    expect(failure({ client: [{}], options })).toEqual({ client: 43, server: undefined });
  });
});

describe("client authentication", () => {
  test("required of a client without certificate: handshake_failure (RFC 5246 section 7.4.6)", () => {
    const options = { server: { clientAuthentication: "required" } } as const;
    expect(failure({ options })).toEqual({ client: 40, server: "DTLS_HANDSHAKE_FAILURE" });
  });

  test("wanted of a client without certificate: an anonymous connection", () => {
    const { serverConnection } = connected({
      options: { server: { clientAuthentication: "wanted" } },
    });
    expect(serverConnection.peerCertificate).toBeUndefined();
  });

  test("a CertificateVerify of another key: decrypt_error", () => {
    const setting = {
      client: [{}],
      options: { server: { clientAuthentication: "required" } },
    } as const;
    const result = failure(setting, ({ client, server, clientCredentials }) => {
      const [own] = clientCredentials[0]?.chain ?? [];
      const [other] = [...server.keys.values()];
      if (own !== undefined && other !== undefined) client.keys.set(own, other);
    });
    expect(result).toEqual({ client: 51, server: "DTLS_BAD_SIGNATURE" });
  });

  test("a ServerKeyExchange of another key: decrypt_error, before anybody judges the certificate", () => {
    const result = failure({ client: [{}] }, ({ server, serverCredentials, clientCredentials }) => {
      const [own] = serverCredentials[0]?.chain ?? [];
      const [other] = clientCredentials[0]?.chain ?? [];
      const key = other && server.keys.get(other);
      if (own !== undefined && key !== undefined) server.keys.set(own, key);
    });
    expect(result.client).toBe("DTLS_BAD_SIGNATURE");
  });
});

describe("server names (RFC 6066 section 3)", () => {
  const server = [
    { options: { name: "one", serverNames: ["one.example"] } },
    { options: { name: "wild", serverNames: ["*.wild.example"] } },
  ] as const;
  const chosen = (setting: Setting) => {
    const { clientConnection, serverCredentials } = connected(setting);
    const [own] = clientConnection.peerCertificate?.chain ?? [];
    return serverCredentials.findIndex(({ chain }) => chain[0]?.toString() === own?.toString());
  };

  test("each name has its credential", () => {
    expect(chosen({ server, connect: { serverName: "one.example" } })).toBe(0);
    expect(chosen({ server, connect: { serverName: "ONE.example" } })).toBe(0);
    expect(chosen({ server, connect: { serverName: "a.wild.example" } })).toBe(1);
    expect(chosen({ server: [...server, {}], connect: { serverName: "other.example" } })).toBe(2);
    expect(chosen({ server: [...server, {}] })).toBe(2);
  });

  test.each(["other.example", "wild.example", "a.b.wild.example"])(
    "unrecognized_name for %s, when there is no other credential",
    (serverName) => {
      const result = failure({ server, connect: { serverName } });
      expect(result).toEqual({ client: 112, server: undefined });
    },
  );

  test("the client's verifier is told the name", () => {
    const { client } = connected({ server, connect: { serverName: "one.example" } });
    expect(client.events).toContainEqual(
      expect.objectContaining({ type: "peer-certificate", serverName: "one.example" }),
    );
  });
});

describe("PSK beside certificates", () => {
  test("one server has both; each client gets what it asks for", () => {
    const made = handshake({});
    const first = made.begin();
    made.world.runUntil(() => first.phase === "connected");
    const second = made.client.connect(made.server, { psk, pskIdentity: utf8("device-1") });
    made.world.runUntil(() => second.phase === "connected");
    expect(first.cipherSuite).toBe(0xc02b);
    expect(second.cipherSuite).toBe(0x00a8);
    expect(second.peerCertificate).toBeUndefined();
  });

  test("a client with both lets the server choose", () => {
    const connect = {
      psk,
      pskIdentity: utf8("device-1"),
      serverCertificateTypes: ["x509"],
    } as const;
    const { clientConnection } = connected({ connect });
    expect(clientConnection.cipherSuite).toBe(0xc02b);
    expect(clientConnection.pskIdentity).toHaveLength(0);
    const without = connected({ server: [], connect });
    expect(without.clientConnection.cipherSuite).toBe(0x00a8);
  });

  test("a server without certificates has none of their suites", () => {
    expect(failure({ server: [] })).toEqual({ client: 40, server: undefined });
  });
});
