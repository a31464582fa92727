import { createNodeCertificates } from "@dtls-cluster/certificates";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_IMAGES } from "../src/test-run.ts";
import { DeploySite } from "./support/deploy-site.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const site = new DeploySite(labUnderTest(), "deploy-doctor");

interface Finding {
  readonly level: string;
  readonly about: string;
  readonly text: string;
}

async function doctor(): Promise<{
  readonly code: number | null;
  readonly findings: readonly Finding[];
}> {
  const { code, lines } = await site.run(["doctor", "--json"]);
  return { code, findings: lines.map((line) => JSON.parse(line) as Finding) };
}

const encode = (text: string): string => Buffer.from(text).toString("base64");

beforeAll(() => site.install(TEST_IMAGES.a, 2), 120_000);
afterAll(() => site.remove());

describe("doctor", () => {
  it("has nothing to complain of after install", async () => {
    const { code, findings } = await doctor();
    expect(findings.filter(({ level }) => level === "fault")).toEqual([]);
    expect(code).toBe(0);
    for (const about of ["your rights", "certificates", "statefulsets", "service", "clock"]) {
      expect(
        findings.some((finding) => finding.about === about && finding.level === "ok"),
        about,
      ).toBe(true);
    }
  });

  it("finds planted faults, all in one go", async () => {
    const secret = (await site.kubectl("get", "secret", "-o", "name")).trim();
    const expired = createNodeCertificates({
      cluster: "old",
      notBefore: new Date("2020-01-01"),
      notAfter: new Date("2021-01-01"),
    });
    const data = {
      ...Object.fromEntries(Object.entries(expired).map(([key, pem]) => [key, encode(pem)])),
      dtls_cid_mgmt_secret_base64: encode("c2hvcnQ="),
    };
    await site.kubectl("patch", secret, "-p", JSON.stringify({ data }));
    await site.kubectl("delete", "rolebinding", "--all");
    await site.kubectl("label", "pod", "--all", "restore=true");
    await site.kubectl("delete", "service", "--all");
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    const found = (level: string, about: RegExp, text: RegExp): void => {
      const hit = findings.some(
        (finding) =>
          finding.level === level && about.test(finding.about) && text.test(finding.text),
      );
      expect(hit, `${about} ${text} in ${JSON.stringify(findings, null, 1)}`).toBe(true);
    };
    found("fault", /certificates/, /https_server_cert.pem expired on 2021-01-01: renew it/);
    found("fault", /secret/, /dtls_cid_mgmt_secret_base64 has 5 bytes/);
    found("fault", /serviceaccount/, /may not list pods.*run install/);
    found("fault", /^service$/, /no service selects app=/);
    found("hint", /-a-0$/, /label restore=true though no update is under way/);
  });

  it("is content again when install has mended what it can", async () => {
    const { code } = await site.run(["install"]);
    expect(code).toBe(0);
    const { findings } = await doctor();
    const faults = findings.filter(({ level }) => level === "fault").map(({ about }) => about);
    // Values of the secret are the operator's.
    expect(faults.every((about) => about === "certificates" || about.startsWith("secret"))).toBe(
      true,
    );
  });
});
