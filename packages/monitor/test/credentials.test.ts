import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createTestCertificate } from "@dtls-cluster/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CredentialWatch,
  MonitorConfigError,
  readCredentials,
  readOptionalCredentials,
} from "../src/index.ts";
import { CertificateDirectory, writeOwn } from "./support/certificate-directory.ts";

const DAY_MS = 24 * 3_600_000;

let directory: CertificateDirectory;
beforeEach(() => {
  directory = new CertificateDirectory();
});
afterEach(() => {
  directory.remove();
});

async function mistake(code: string, file: string, text: string): Promise<void> {
  const error: unknown = await readCredentials(directory.server).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MonitorConfigError);
  const { message } = error as MonitorConfigError;
  expect(error).toMatchObject({ name: "MonitorConfigError", code });
  expect(message).toContain(file);
  expect(message).toContain(text);
  expect(message).not.toContain("\n");
}

describe("credentials", () => {
  it("are key, chain and trust, whatever stands around them", async () => {
    const between = createTestCertificate({
      name: "between",
      issuer: directory.authority,
      isAuthority: true,
    });
    const own = createTestCertificate({ name: "node", issuer: between });
    writeFileSync(
      directory.server.certificate,
      `Bag Attributes\n${own.certificatePem}subject=CN = between\n${between.certificatePem}${own.keyPem}`,
    );
    const { cert, ca, key } = await directory.serverCredentials();
    expect(cert).toBe(own.certificatePem + between.certificatePem);
    expect(ca).toEqual([directory.authority.certificatePem]);
    expect(key).toBe(own.keyPem);
  });

  it("are absent when neither file is there, and incomplete when one is", async () => {
    rmSync(directory.server.trust);
    await mistake("MONITOR_FILE_MISSING", directory.server.trust, "is missing: put it there");
    await expect(readOptionalCredentials(directory.server)).rejects.toMatchObject({
      code: "MONITOR_FILE_MISSING",
    });
    rmSync(directory.server.certificate);
    expect(await readOptionalCredentials(directory.server)).toBeUndefined();
    expect(await readOptionalCredentials(directory.client)).toBeDefined();
  });

  it("name the file and the remedy for each mistake in them", async () => {
    const { certificate, trust } = directory.server;
    const own = createTestCertificate({ name: "node", issuer: directory.authority });
    const other = createTestCertificate({ name: "other", issuer: directory.authority });
    writeFileSync(certificate, own.certificatePem);
    await mistake("MONITOR_NO_KEY", certificate, "holds no private key: append it");
    const noKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    writeFileSync(certificate, own.certificatePem + noKey);
    await mistake("MONITOR_NO_KEY", certificate, "not encrypted");
    writeFileSync(certificate, own.keyPem);
    await mistake("MONITOR_NO_CERTIFICATE", certificate, "holds no certificate");
    writeFileSync(certificate, own.keyPem + other.certificatePem);
    await mistake("MONITOR_KEY_MISMATCH", certificate, "does not match its first certificate: put");
    writeFileSync(certificate, own.keyPem + other.certificatePem + own.certificatePem);
    await mistake("MONITOR_KEY_MISMATCH", certificate, "belongs to certificate 2 there");
    const damaged = own.certificatePem.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
    writeFileSync(certificate, own.keyPem + damaged);
    await mistake("MONITOR_NO_CERTIFICATE", certificate, "certificate 1");
    writeOwn(certificate, own);
    for (const text of ["", "no certificate in here"]) {
      writeFileSync(trust, text);
      await mistake("MONITOR_TRUST_EMPTY", trust, "holds no certificate: put the certificates to");
    }
    rmSync(trust);
    mkdirSync(trust);
    await mistake("MONITOR_FILE_UNREADABLE", trust, "cannot be read (EISDIR)");
  });

  it("name a file that they may not read", async () => {
    if (process.getuid?.() === 0) {
      console.log("file without permission: not tested, because root may read every file");
      return;
    }
    chmodSync(directory.server.trust, 0);
    await mistake("MONITOR_FILE_UNREADABLE", directory.server.trust, "give this user access");
  });

  it("must be valid now", async () => {
    const issuer = directory.authority;
    const past = createTestCertificate({
      name: "past",
      issuer,
      notBefore: new Date(Date.now() - 2 * DAY_MS),
      notAfter: new Date(Date.now() - DAY_MS),
    });
    writeOwn(directory.server.certificate, past);
    await mistake("MONITOR_EXPIRED", directory.server.certificate, "CN=past");
    const notBefore = new Date(Date.now() + DAY_MS);
    const future = createTestCertificate({ name: "future", issuer, notBefore });
    writeOwn(directory.server.certificate, future);
    await mistake("MONITOR_NOT_YET_VALID", directory.server.certificate, "check it and the clock");

    writeOwn(directory.server.certificate, createTestCertificate({ name: "now", issuer }));
    writeFileSync(directory.server.trust, past.certificatePem);
    await mistake("MONITOR_EXPIRED", directory.server.trust, "renew it");
    writeFileSync(directory.server.trust, past.certificatePem + issuer.certificatePem);
    await expect(directory.serverCredentials()).resolves.toBeDefined();
  });
});

describe("a credential watch", () => {
  it("takes new files, keeps the old credentials when they are bad, and tells that once", async () => {
    const reloads: string[] = [];
    const problems: string[] = [];
    const watch = await CredentialWatch.open({
      files: directory.server,
      intervalMs: 0,
      onReload: ({ cert }) => reloads.push(cert),
      onProblem: ({ message }) => problems.push(message),
    });
    const first = watch.current;
    await watch.check();
    expect([reloads, problems]).toEqual([[], []]);

    const renewed = createTestCertificate({ name: "renewed", issuer: directory.authority });
    writeOwn(directory.server.certificate, renewed);
    await watch.check();
    expect(reloads).toEqual([renewed.certificatePem]);
    expect(watch.current.cert).not.toBe(first.cert);

    writeFileSync(directory.server.certificate, renewed.certificatePem);
    await watch.check();
    await watch.check();
    expect(problems).toEqual([
      `${directory.server.certificate} holds no private key: append it in PEM form, not encrypted (the credentials from before stay in use)`,
    ]);
    expect(watch.current.cert).toBe(renewed.certificatePem);

    rmSync(directory.server.trust);
    await watch.check();
    expect(problems).toHaveLength(2);
    writeOwn(directory.server.certificate, renewed);
    writeFileSync(directory.server.trust, directory.authority.certificatePem);
    await watch.check();
    expect(reloads).toHaveLength(2);
    expect(readFileSync(directory.server.certificate, "utf8")).toContain("PRIVATE KEY");
    watch.close();
  });
});
