import { createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { forgeCertificate } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import {
  CertificateFiles,
  openssl,
  opensslClient,
  ownProgram,
  startClusterServer,
} from "../../src/index.ts";
import { keep } from "../keep.ts";

const cipher = "ECDHE-ECDSA-AES128-CCM8";

/** Key and certificate in one file, as our programs take them. */
function joined({ certificateFile, keyFile }: CertificateFiles["server"]): string {
  const file = certificateFile.replace(/pem$/, "both.pem");
  writeFileSync(file, readFileSync(keyFile, "utf8") + readFileSync(certificateFile, "utf8"));
  return file;
}

async function load(
  port: number,
  args: readonly string[],
): Promise<{ code: number; text: string }> {
  const run = keep(
    ownProgram("benchmark", [
      ...["--clients", "4", "--requests", "40", "--quiet", "--handshake-timeout", "3"],
      ...args,
      `coaps://127.0.0.1:${port}/benchmark?rlen=40`,
    ]),
  );
  return { code: await run.waitForEnd(30_000), text: run.output };
}

describe("our server and our benchmark with certificates", () => {
  test("mutual X.509 with a name, and a client of another authority", async () => {
    const files = keep(new CertificateFiles());
    const server = keep(
      await startClusterServer("--cert", joined(files.server), "--trust", files.trust),
    );
    const known = ["--trust", files.trust, "--server-name", "server.example"];
    const good = await load(server.coapsPort, [...known, "--cert", joined(files.client)]);
    expect(good).toEqual({ code: 0, text: "" });

    const others = keep(new CertificateFiles());
    const bad = await load(server.coapsPort, [...known, "--cert", joined(others.client)]);
    expect(bad.code).toBe(1);
    await server.process.waitFor(
      /"event":"certificate-refused","code":"DTLS_[A-Z_]+".*"msg":"the certificate of a client is refused: /,
    );
    const misnamed = await load(server.coapsPort, [
      ...["--trust", files.trust, "--server-name", "other.example"],
      ...["--cert", joined(files.client)],
    ]);
    expect(misnamed.code).toBe(1);
    // Nobody else is disturbed.
    const again = await load(server.coapsPort, [...known, "--cert", joined(files.client)]);
    expect(again).toEqual({ code: 0, text: "" });
  });

  test("raw public keys on both sides, PSK beside them", async () => {
    const files = keep(new CertificateFiles());
    const keys = `${files.trust}.keys`;
    const publicPem = [files.server, files.client].map(({ certificate }) =>
      createPublicKey(certificate.key).export({ type: "spki", format: "pem" }),
    );
    writeFileSync(keys, publicPem.join(""));
    const psk = ["--psk", "device-*:secretPSK"];
    const server = keep(
      await startClusterServer("--cert", files.server.keyFile, "--trust", keys, ...psk),
    );
    const raw = ["--trust", keys, "--cert", files.client.keyFile];
    expect(await load(server.coapsPort, raw)).toEqual({ code: 0, text: "" });
    expect(await load(server.coapsPort, psk)).toEqual({ code: 0, text: "" });
  });
});

describe.skipIf(!openssl.isInstalled)("openssl s_client against our server program", () => {
  const now = Date.now();
  const day = 86_400_000;
  const issuer = forgeCertificate({ name: "the authority of all cases", keyUsage: 0x06 });
  const cases = [
    [
      "an expired certificate",
      { notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) },
      /alert certificate expired/,
    ],
    ["one that is not valid yet", { notBefore: new Date(now + day) }, /alert certificate expired/],
    [
      "one of another purpose",
      { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] },
      /alert unsupported certificate/,
    ],
    [
      "one of an unknown authority",
      { issuer: forgeCertificate({ name: "nobody" }) },
      /alert unknown ca/,
    ],
    ["a self-signed one", { issuer: undefined }, /alert unknown ca/],
    [
      "one with an unknown critical extension",
      { hasUnknownExtension: true },
      /alert unsupported certificate/,
    ],
  ] as const;

  test.each(cases)("%s", async (_name, options, alert) => {
    const files = keep(new CertificateFiles());
    const directory = files.trust.replace(/trust\.pem$/, "");
    const write = (name: string, text: string) => {
      writeFileSync(directory + name, text);
      return directory + name;
    };
    const { issuer: other = issuer, ...rest } = { issuer, ...options };
    const isSelfSigned = "issuer" in options && options.issuer === undefined;
    const client = forgeCertificate({
      name: "client",
      keyUsage: 0x80,
      isAuthority: false,
      ...rest,
      ...(isSelfSigned ? {} : { issuer: other }),
    });
    const trust = write("authority.pem", issuer.certificatePem);
    const server = keep(await startClusterServer("--cert", joined(files.server), "--trust", trust));
    const extra = [
      ...["-cert", write("client.pem", client.certificatePem)],
      ...["-key", write("client.key.pem", client.keyPem)],
    ];
    const peer = keep(opensslClient({ port: server.coapsPort, cipher, extra }));
    await peer.waitFor(alert);
    await server.process.waitFor(/"event":"certificate-refused"/);
  });
});
