import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgeCertificate } from "@dtls-cluster/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { killAll, ServerProcess } from "./support/server-process.ts";
import { freePorts, TestSite } from "./support/test-nodes.ts";

const directory = mkdtempSync(join(tmpdir(), "dtls-cluster-options-"));
const site = new TestSite();
afterAll(async () => {
  await killAll();
  rmSync(directory, { recursive: true, force: true });
  site.remove();
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly stderr: string; readonly stdout: number }> {
  const server = new ServerProcess(args, environment);
  const { code } = await server.ended;
  return { code, stderr: server.stderr, stdout: server.lines.length };
}

const authority = forgeCertificate({ name: "authority" });
const own = forgeCertificate({ name: "own", issuer: authority });
const psk = ["--psk", "me:secret", "--coaps", "127.0.0.1:0", "--coap", "off"];
const cluster = [...psk, "--node-id", "1", "--cluster", "127.0.0.1:0"];
const secret = "do-not-show-this";

const mistakes: readonly (readonly [name: string, args: readonly string[], line: RegExp])[] = [
  ["an option that does not exist", [...psk, "--colour", "red"], /unknown option '--colour'/],
  [
    "an identity of the cluster without secret",
    [...cluster, "--cluster-identity", "nodes"],
    /--cluster-identity and --cluster-secret need each other/,
  ],
  [
    "a secret of the cluster without identity",
    [...cluster, "--cluster-secret", Buffer.from(secret).toString("base64")],
    /--cluster-identity and --cluster-secret need each other/,
  ],
  [
    "a secret of the cluster that is no base64",
    [...cluster, "--cluster-identity", "nodes", "--cluster-secret", `${secret}!`],
    /--cluster-secret: the value is not base64 of at least 8 bytes/,
  ],
  [
    "a short secret of the cluster",
    [...cluster, "--cluster-identity", "nodes", "--cluster-secret", "c2hvcnQ="],
    /--cluster-secret: the value is not base64 of at least 8 bytes/,
  ],
  [
    "an identity of the cluster that is too long",
    [...cluster, "--cluster-identity", "n".repeat(129), "--cluster-secret", "c2VjcmV0LXNlY3JldA=="],
    /--cluster-identity: it has 129 bytes, accepted are 1 to 128/,
  ],
  [
    "an unknown level of the cluster",
    [...cluster, "--cluster-level", "tls"],
    /--cluster-level: "tls" is not accepted; give one of udp, dtls, dtls-mac/,
  ],
  [
    "a secure level without secret",
    [...cluster, "--cluster-level", "dtls"],
    /--cluster-level dtls needs --cluster-identity and --cluster-secret/,
  ],
  [
    "a secret without protection",
    [
      ...cluster,
      "--cluster-identity",
      "nodes",
      "--cluster-secret",
      "c2VjcmV0LXNlY3JldA==",
      "--cluster-level",
      "udp",
    ],
    /--cluster-level udp protects nothing/,
  ],
  [
    "a secure level without a cluster",
    [...psk, "--cluster-level", "dtls-mac"],
    /--cluster-level needs --cluster, the own cluster address/,
  ],
  ["no key", ["--coaps", ":0"], /no pre-shared key and no certificate: give --psk/],
  ["a key without identity", ["--psk", secret], /--psk: accepted is IDENTITY:SECRET/],
  [
    "a key file that is missing",
    ["--psk-file", join(directory, "none")],
    /--psk-file: cannot read .*ENOENT/,
  ],
  [
    "a malformed key file",
    ["--psk-file", file("bad.psk", `good=c2VjcmV0\n\nbad=:0xzz${secret}\n`)],
    /--psk-file: .* line 3: the key is neither base64 nor :0xHEX/,
  ],
  ["an empty key file", ["--psk-file", file("empty.psk", "# none\n")], /holds no key/],
  [
    "an address without port",
    [...psk, "--coaps", "localhost"],
    /--coaps: "localhost" is not an address/,
  ],
  [
    "a host that does not resolve",
    [...psk, "--coaps", "nowhere.invalid:0"],
    /--coaps: the name "nowhere.invalid" does not resolve/,
  ],
  [
    "a node id that is too high",
    [...psk, "--node-id", "256"],
    /--node-id: "256" is not accepted; give an integer from 0 to 255/,
  ],
  [
    "a Connection ID too short for a cluster",
    [...cluster, "--cid-length", "2"],
    /--cid-length: "2" is too short/,
  ],
  ["trust without an own certificate", [...psk, "--trust", "x"], /--trust needs --cert/],
  [
    "a certificate that is missing",
    [...psk, "--cert", "/nowhere/cert.pem"],
    /--cert: cannot read \/nowhere\/cert\.pem \(ENOENT\)/,
  ],
  [
    "a certificate without key",
    [...psk, "--cert", file("alone.pem", own.certificatePem)],
    /--cert: .*alone\.pem has 0 private keys, but must have exactly one; give PEM/,
  ],
  [
    "a key of another certificate",
    [...psk, "--cert", file("other.pem", own.keyPem + authority.certificatePem)],
    /--cert: .*other\.pem has a private key that does not belong to its first certificate/,
  ],
  [
    "a name that is none",
    [...psk, "--cert", `not a name=${file("own.pem", own.keyPem + own.certificatePem)}`],
    /--cert: .*not a name/,
  ],
  [
    "trust that holds nothing",
    [...psk, "--cert", file("own.pem", own.keyPem), "--trust", file("empty.pem", "# none\n")],
    /--trust: .*empty\.pem has no certificate/,
  ],
  [
    "client authentication without trust",
    [...psk, "--cert", file("own.pem", own.keyPem), "--client-auth", "required"],
    /--client-auth required needs --trust/,
  ],
  [
    "client authentication of an unknown kind",
    [...psk, "--cert", file("own.pem", own.keyPem), "--client-auth", "maybe"],
    /--client-auth: "maybe" is not accepted; give one of none, wanted, required/,
  ],
  [
    "a return routability check that does not exist",
    [...psk, "--return-routability", "on"],
    /--return-routability: "on" is not accepted; give one of off, basic, enhanced/,
  ],
  ["an unknown cipher suite", [...psk, "--cipher", "TLS_NULL"], /TLS_NULL/],
  [
    "a short cookie secret",
    [...psk, "--cookie-secret", "c2hvcnQ="],
    /--cookie-secret: the value is not base64 of at least 16 bytes/,
  ],
  [
    "a short ticket secret",
    [...psk, "--ticket-secret", "c2hvcnQ="],
    /--ticket-secret: the value is not base64 of at least 16 bytes/,
  ],
  ["nodes without a cluster", [...psk, "--cluster-nodes", "127.0.0.1:1"], /need --cluster/],
  ["a handover without a cluster", [...psk, "--handover", ":0"], /--handover needs --cluster/],
  [
    "a double without a port",
    [...cluster, "--double", "otherhost"],
    /--double: "otherhost" is not an address/,
  ],
  [
    "a double that is nobody",
    [...cluster, "--double", ":5884"],
    /--double: ":5884" names no process/,
  ],
  [
    "certificates that are missing",
    [...cluster, "--handover", "127.0.0.1:0", "--certs", directory],
    /--certs: .*https_client_cert\.pem is missing/,
  ],
  ["hours that are none", [...psk, "--stale", "long"], /--stale: "long" is not accepted/],
  [
    "two origins of connections",
    [...cluster, "--double", "127.0.0.1:1", "--restore", "state"],
    /--restore and --double exclude each other/,
  ],
  [
    "a short state password",
    [...psk, "--save", "x", "--state-password-file", file("short", "1234567\n")],
    /--state-password-file: the first line of .* must have at least 8 characters/,
  ],
  [
    "a state file in no directory",
    [...psk, "--save", `${file("plain-file", "")}/sessions.state`],
    /--save: ".*plain-file\/sessions.state" cannot be written; give a file in a directory/,
  ],
  [
    "a state file that is none",
    [
      ...psk,
      "--restore",
      file("garbage.state", "this is no state at all, but long enough to look at"),
    ],
    /--restore: the state file .* cannot be used/,
  ],
  [
    "an unknown log level",
    [...psk, "--log-level", "loud"],
    /--log-level: "loud" is not accepted; give one of/,
  ],
  [
    "a key log in a directory that is missing",
    [...psk, "--key-log", "/nowhere/keys"],
    /--key-log: cannot write/,
  ],
];

describe.concurrent("a wrong option ends with code 2 and one line:", () => {
  it.each(mistakes)("%s", async (_name, args, line) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain(secret);
    expect(code).toBe(2);
  });

  it("a port that is in use", async () => {
    const [ports] = (await freePorts(1)) as [Awaited<ReturnType<typeof freePorts>>[0]];
    const node = site.start(ports);
    await node.server.event("ready");
    const coaps = await run([
      ...psk.slice(0, 2),
      "--coap",
      "off",
      "--coaps",
      `127.0.0.1:${ports.coaps}`,
    ]);
    const http = await run([...psk, "--http", `127.0.0.1:${ports.http}`]);
    expect(coaps.code).toBe(2);
    expect(coaps.stderr).toMatch(/^dtls-cluster-server: --coaps: .* in use .*\n$/);
    expect(http.code).toBe(2);
    expect(http.stderr).toMatch(/^dtls-cluster-server: --http: .* in use; .*\n$/);
    await node.server.stop();
  });

  it("a key log in production", async () => {
    const { code, stderr } = await run([...psk, "--key-log", "keys"], { NODE_ENV: "production" });
    expect(stderr).toMatch(/--key-log: refused because NODE_ENV is production/);
    expect(code).toBe(2);
  });
});

describe.concurrent("help", () => {
  it("names every option with its environment variable", async () => {
    const server = new ServerProcess(["--help"]);
    const { code } = await server.ended;
    const text = server.lines.map((line) => String(line["msg"])).join("\n");
    expect(code).toBe(0);
    for (const name of [
      "HANDOVER",
      "DOUBLE",
      "CERTS",
      "STALE",
      "RELAY_IDLE",
      "SAVE",
      "RESTORE",
      "HTTP",
    ]) {
      expect(text).toContain(`DTLS_CLUSTER_${name}`);
    }
  });
});
