import {
  type ForgedCertificate,
  type ForgedCertificateOptions,
  forgeCertificate,
} from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { createCertificateVerifier, type VerifierOptions } from "../src/index.ts";

const name = "device.example";
const now = Date.now();
const day = 86_400_000;
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";
const signsCertificates = { isAuthority: true, keyUsage: 0x04 };
const root = forgeCertificate({ name: "root", keyUsage: 0x04 });

function issued(options: Partial<ForgedCertificateOptions> = {}): ForgedCertificate {
  return forgeCertificate({ name, issuer: root, hostNames: [name], keyUsage: 0x80, ...options });
}

function judge(
  chain: readonly ForgedCertificate[],
  options: Partial<VerifierOptions> = {},
  asked: string | undefined = name,
) {
  const trust = [root.der];
  return createCertificateVerifier({ peers: "servers", trust, ...options }).judge(
    { type: "x509", chain: chain.map(({ der }) => der) },
    asked,
    now,
  );
}

function intermediate(
  issuer: ForgedCertificate,
  options: Partial<ForgedCertificateOptions> = {},
): ForgedCertificate {
  return forgeCertificate({
    name: `below ${issuer.name}`,
    issuer,
    ...signsCertificates,
    ...options,
  });
}

describe("accepts", () => {
  it("a certificate of a trusted authority, whatever the keys", () => {
    for (const keyType of ["P-256", "P-384", "ed25519", "rsa"] as const) {
      const authority = forgeCertificate({ name: "root", keyType });
      const trust = [root.der, authority.der];
      expect(judge([issued({ issuer: authority, keyType })], { trust })).toBe("accepted");
    }
  });

  it("a path through authorities that come in any order, with others among them", () => {
    const one = intermediate(root);
    const two = intermediate(one);
    const own = issued({ issuer: two });
    const stranger = forgeCertificate({ name: "stranger" });
    expect(judge([own, two, one])).toBe("accepted");
    expect(judge([own, stranger, one, two, root])).toBe("accepted");
  });

  it("a path where an authority of the same name, but of another key comes first", () => {
    const other = forgeCertificate({ name: "root", keyUsage: 0x04 });
    expect(judge([issued()], { trust: [other.der, root.der] })).toBe("accepted");
  });

  it("a certificate that is trusted itself", () => {
    const own = forgeCertificate({ name, hostNames: [name], isAuthority: false });
    expect(judge([own], { trust: [own.der] })).toBe("accepted");
  });

  it("purposes and names that fit", () => {
    const both = issued({ extendedKeyUsage: [serverAuth, clientAuth] });
    expect(judge([both])).toBe("accepted");
    expect(judge([both], { peers: "clients" }, undefined)).toBe("accepted");
    const wild = issued({ hostNames: ["*.wild.example"] });
    expect(judge([wild], {}, "a.wild.example")).toBe("accepted");
    expect(judge([issued({ hostNames: [] })], { acceptsAnyName: true })).toBe("accepted");
  });
});

const refusals: readonly [string, string, () => ReturnType<typeof judge>][] = [
  ["nothing", "DTLS_BAD_CERTIFICATE", () => judge([])],
  [
    "a self-signed one",
    "DTLS_UNKNOWN_CA",
    () => judge([forgeCertificate({ name, hostNames: [name] })]),
  ],
  ["no trust at all", "DTLS_UNKNOWN_CA", () => judge([issued()], { trust: [] })],
  [
    "an authority that only the peer sends",
    "DTLS_UNKNOWN_CA",
    () => {
      const own = forgeCertificate({ name: "private root" });
      return judge([issued({ issuer: own }), own]);
    },
  ],
  [
    "a missing intermediate",
    "DTLS_UNKNOWN_CA",
    () => judge([issued({ issuer: intermediate(root) })]),
  ],
  [
    "a signature of another authority of the same name",
    "DTLS_BAD_CERTIFICATE",
    () => judge([issued({ issuer: forgeCertificate({ name: "root" }) })]),
  ],
  [
    "an expired one",
    "DTLS_CERTIFICATE_EXPIRED",
    () => judge([issued({ notAfter: new Date(now - day), notBefore: new Date(now - 2 * day) })]),
  ],
  [
    "one that is not valid yet",
    "DTLS_CERTIFICATE_EXPIRED",
    () => judge([issued({ notBefore: new Date(now + day) })]),
  ],
  [
    "an expired intermediate",
    "DTLS_CERTIFICATE_EXPIRED",
    () => {
      const validity = { notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) };
      const old = intermediate(root, validity);
      return judge([issued({ issuer: old }), old]);
    },
  ],
  [
    "an expired anchor",
    "DTLS_CERTIFICATE_EXPIRED",
    () => {
      const validity = { notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) };
      const old = forgeCertificate({ name: "old", ...validity });
      return judge([issued({ issuer: old })], { trust: [old.der] });
    },
  ],
  [
    "one issued by a peer",
    "DTLS_BAD_CERTIFICATE",
    () => {
      const peer = issued({ keyUsage: 0x84 });
      return judge([issued({ issuer: peer, name: "fake" }), peer]);
    },
  ],
  [
    "an authority that may not sign certificates",
    "DTLS_UNKNOWN_CA",
    () => {
      const mute = intermediate(root, { keyUsage: 0x80 });
      return judge([issued({ issuer: mute }), mute]);
    },
  ],
  [
    "more authorities than the path length allows",
    "DTLS_BAD_CERTIFICATE",
    () => {
      const one = intermediate(root, { pathLength: 0 });
      const two = intermediate(one);
      return judge([issued({ issuer: two }), two, one]);
    },
  ],
  [
    "a path of more than ten",
    "DTLS_UNKNOWN_CA",
    () => {
      const path = [root];
      for (let i = 0; i < 10; i += 1) path.push(intermediate(path.at(-1) ?? root));
      return judge([issued({ issuer: path.at(-1) ?? root }), ...path]);
    },
  ],
  [
    "a server's for a client",
    "DTLS_UNSUPPORTED_CERTIFICATE",
    () => judge([issued({ extendedKeyUsage: [serverAuth] })], { peers: "clients" }),
  ],
  [
    "a client's for a server",
    "DTLS_UNSUPPORTED_CERTIFICATE",
    () => judge([issued({ extendedKeyUsage: [clientAuth] })]),
  ],
  [
    "a key that may not sign",
    "DTLS_UNSUPPORTED_CERTIFICATE",
    () => judge([issued({ keyUsage: 0x20 })]),
  ],
  [
    "a critical extension that nobody knows",
    "DTLS_UNSUPPORTED_CERTIFICATE",
    () => judge([issued({ hasUnknownExtension: true })]),
  ],
  ["a weak curve", "DTLS_UNSUPPORTED_CERTIFICATE", () => judge([issued({ keyType: "secp256k1" })])],
  [
    "a short RSA key of its issuer",
    "DTLS_UNSUPPORTED_CERTIFICATE",
    () => {
      const weak = forgeCertificate({ name: "weak", keyType: "rsa", modulusLength: 1024 });
      return judge([issued({ issuer: weak })], { trust: [weak.der] });
    },
  ],
  ["another name", "DTLS_BAD_CERTIFICATE", () => judge([issued()], {}, "other.example")],
  [
    "a name deeper than the wildcard",
    "DTLS_BAD_CERTIFICATE",
    () => judge([issued({ hostNames: ["*.wild.example"] })], {}, "a.b.wild.example"),
  ],
  ["a name in the subject alone", "DTLS_BAD_CERTIFICATE", () => judge([issued({ hostNames: [] })])],
  ["no name asked for", "DTLS_BAD_CERTIFICATE", () => judge([issued()], {}, "")],
  [
    "an address that it does not have",
    "DTLS_BAD_CERTIFICATE",
    () => judge([issued()], {}, "192.0.2.1"),
  ],
];

describe("refuses", () => {
  it.each(refusals)("%s: %s", (_what, code, run) => {
    expect(run()).toEqual({ code, reason: expect.any(String) });
  });

  it("pieces and noise anywhere in the chain", () => {
    const verifier = createCertificateVerifier({ peers: "clients", trust: [root.der] });
    const own = issued().der;
    for (const bad of [
      new Uint8Array(0),
      own.slice(1),
      own.slice(0, -1),
      Uint8Array.of(...own, 0),
    ]) {
      for (const chain of [[bad], [own, bad]]) {
        const verdict = verifier.judge({ type: "x509", chain }, undefined, now);
        expect(verdict).toMatchObject({ code: "DTLS_BAD_CERTIFICATE" });
      }
    }
  });

  it("chains that would cost too many signatures, in bounded time", () => {
    const same = Array.from({ length: 9 }, () =>
      forgeCertificate({
        name: "loop",
        issuer: forgeCertificate({ name: "loop" }),
        isAuthority: true,
      }),
    );
    const own = issued({ issuer: same[0] ?? root });
    expect(judge([own, ...same, ...same])).toMatchObject({
      code: expect.stringMatching(/BAD_CERT|UNKNOWN_CA/),
    });
  });
});

describe("raw public keys", () => {
  const known = issued().publicKeyDer;
  const verifier = createCertificateVerifier({ peers: "servers", publicKeys: [known] });

  it("are accepted when they are known, without a name", () => {
    const judged = (key: Uint8Array) =>
      verifier.judge({ type: "raw-public-key", chain: [key] }, undefined, now);
    expect(judged(known)).toBe("accepted");
    expect(judged(issued().publicKeyDer)).toMatchObject({ code: "DTLS_CERTIFICATE_UNKNOWN" });
    expect(judged(known.slice(0, -1))).toMatchObject({ code: "DTLS_CERTIFICATE_UNKNOWN" });
  });

  it("do not make certificates acceptable", () => {
    expect(judge([issued()], { trust: [], publicKeys: [known] })).toMatchObject({
      code: "DTLS_UNKNOWN_CA",
    });
  });
});

it("a refusal does not stick (CVE-2021-34433, CVE-2020-27222)", () => {
  const verifier = createCertificateVerifier({ peers: "servers", trust: [root.der] });
  const good = { type: "x509", chain: [issued().der] } as const;
  const bad = { type: "x509", chain: [forgeCertificate({ name }).der] } as const;
  expect(verifier.judge(bad, name, now)).toMatchObject({ code: "DTLS_UNKNOWN_CA" });
  expect(verifier.judge(good, name, now)).toBe("accepted");
  expect(verifier.judge(bad, name, now)).toMatchObject({ code: "DTLS_UNKNOWN_CA" });
});

it("trust that does not parse is the caller's mistake", () => {
  const trust = [root.der.slice(1)];
  expect(() => createCertificateVerifier({ peers: "servers", trust })).toThrow(/trust\[0\]/);
});
