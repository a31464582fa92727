import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createNodeCertificates, issueCertificate } from "@dtls-cluster/certificates";
import { describe, expect, it } from "vitest";
import { writeCertificates } from "./readme-example.ts";

const notBefore = new Date("2026-01-01T00:00:00Z");
const notAfter = new Date("2051-01-01T00:00:00Z");

describe("createNodeCertificates", () => {
  const files = createNodeCertificates({ cluster: "meters", notBefore, notAfter });

  it.each(["server", "client"] as const)(
    "gives the %s a key and a certificate of the trust",
    (side) => {
      const own = files[`https_${side}_cert.pem`];
      const certificate = new X509Certificate(own);
      const authority = new X509Certificate(files[`https_${side}_trust.pem`]);
      expect(certificate.checkPrivateKey(createPrivateKey(own))).toBe(true);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.checkIssued(authority)).toBe(true);
      expect(certificate.ca).toBe(false);
      expect(authority.ca).toBe(true);
      expect(certificate.subject).toBe(`CN=meters ${side}`);
      expect(Date.parse(certificate.validTo)).toBe(notAfter.getTime());
    },
  );

  it("keeps what is trusted while it is renewed", () => {
    const alsoTrusted = files["https_server_trust.pem"];
    const renewed = createNodeCertificates({ cluster: "meters", notBefore, notAfter, alsoTrusted });
    expect(renewed["https_client_trust.pem"].match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(renewed["https_client_trust.pem"]).toContain(alsoTrusted);
  });

  it("lets the server in as a server and the client as a client, not the other way round", async () => {
    expect(await handshake(files, "server", "client")).toBe("accepted");
    expect(await handshake(files, "server", "server")).not.toBe("accepted");
    expect(await handshake(files, "client", "client")).not.toBe("accepted");
  });
});

/** What both sides think of a connection in which they show these certificates. */
function handshake(
  files: ReturnType<typeof createNodeCertificates>,
  listener: "server" | "client",
  dialler: "server" | "client",
): Promise<string> {
  const ca = files["https_server_trust.pem"];
  const pem = (side: "server" | "client") => files[`https_${side}_cert.pem`];
  return new Promise((resolve) => {
    let client: TLSSocket | undefined;
    const finish = (verdict: string): void => {
      client?.destroy();
      server.close();
      resolve(verdict);
    };
    const server = createServer({
      key: pem(listener),
      cert: pem(listener),
      ca,
      requestCert: true,
      maxVersion: "TLSv1.2",
    });
    server.on("tlsClientError", (error) => finish(error.message));
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      client = connect({
        port,
        host: "127.0.0.1",
        key: pem(dialler),
        cert: pem(dialler),
        ca,
        checkServerIdentity: () => undefined,
      });
      client.on("secureConnect", () => finish("accepted"));
      client.on("error", (error) => finish(error.message));
    });
  });
}

describe("issueCertificate", () => {
  it("signs by the issuer and marks authorities", () => {
    const root = issueCertificate({ name: "root", notBefore, notAfter });
    const between = issueCertificate({
      name: "between",
      issuer: root,
      isAuthority: true,
      notBefore,
      notAfter,
    });
    const leaf = new X509Certificate(
      issueCertificate({ name: "leaf", issuer: between, notBefore, notAfter }).certificatePem,
    );
    expect(leaf.checkIssued(new X509Certificate(between.certificatePem))).toBe(true);
    expect(leaf.checkIssued(new X509Certificate(root.certificatePem))).toBe(false);
    expect(
      new X509Certificate(root.certificatePem).checkIssued(
        new X509Certificate(root.certificatePem),
      ),
    ).toBe(true);
  });
});

describe("the README", () => {
  it("shows an example that works", () => {
    const directory = mkdtempSync(join(tmpdir(), "certificates-"));
    try {
      writeCertificates(join(directory, "certs"), notBefore);
      const file = join(directory, "certs", "https_server_cert.pem");
      expect(readFileSync(file, "utf8")).toContain("BEGIN PRIVATE KEY");
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(directory, { recursive: true });
    }
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
