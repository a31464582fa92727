import { readFileSync } from "node:fs";
import { forgeCertificate } from "@dtls-cluster/testkit";
import { expect, it } from "vitest";
import { createAnswers } from "./readme-example.ts";

it("the example of the README is the file that is compiled and run here", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(example.replace("../src/index.ts", "@dtls-cluster/x509")).toBe(shown);
});

it("reads the files that it is given", () => {
  const issuer = forgeCertificate({ name: "authority" });
  const own = forgeCertificate({ name: "own", issuer });
  const { credential } = createAnswers(own.keyPem + own.certificatePem, issuer.certificatePem);
  expect(credential.chain).toEqual([own.der]);
});
