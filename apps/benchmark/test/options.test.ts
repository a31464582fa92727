import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readCommandLine } from "../src/command-line.ts";
import { checkOpenFiles } from "../src/open-files.ts";
import { optionName, optionTable } from "../src/option-table.ts";
import { runMain } from "./run-main.ts";

const uri = "coaps://127.0.0.1:5784/benchmark?rlen=40";
const folder = mkdtempSync(join(tmpdir(), "benchmark-options-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function errorOf(args: readonly string[], environment = {}): Promise<string> {
  try {
    await readCommandLine(args, environment);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return "no error";
}

describe("a wrong option is one sentence that names it and what is accepted", () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[], /^UsageError: URI: at least one coaps:\/\//],
    [["http://host/"], /^UsageError: URI "http:\/\/host\/": not understood; coap\[s\]/],
    [["coaps://host:0/x"], /the port must be 1 to 65535/],
    [["coaps://host:70000/x"], /the port must be 1 to 65535/],
    [["coaps://127.0.0.1/%zz"], /percent-encoded/],
    [["coaps://name.invalid/x"], /the name "name.invalid" has no address/],
    [[uri, "coap://127.0.0.1/benchmark?rlen=40"], /scheme, path and query must be those of/],
    [[uri, "--clients", "0"], /--clients "0": a whole number from 1 to 1000000 is accepted/],
    [[uri, "--clients", "12x"], /--clients "12x": a whole number/],
    [[uri, "--clients=-5"], /--clients "-5": a whole number/],
    [[uri, "--clients"], /option '--clients <n>' argument missing/],
    [[uri, "--requests", "1.5"], /--requests "1.5": a whole number/],
    [[uri, "--duration", "soon"], /--duration "soon": a number from 0.1 to 86400 is accepted/],
    [[uri, "--method", "FETCH"], /--method "FETCH": GET, POST, PUT are accepted/],
    [[uri, "--cid-length", "33"], /--cid-length "33": a whole number from 0 to 32 or off/],
    [[uri, "--con", "--non"], /--con and --non exclude each other/],
    [[uri, "--psk", "secret"], /--psk: identity:secret is accepted/],
    [[uri, "--psk", "a:b", "--psk-file", "x"], /--psk and --psk-file exclude each other/],
    [[uri, "--psk-file", "/does/not/exist"], /--psk-file "\/does\/not\/exist": not readable/],
    [[uri, "--spread"], /--spread: at least two URIs are needed/],
    [["coap://127.0.0.1/", "coap://127.0.0.2/", "--spread"], /--spread: only coaps:\/\/ URIs/],
    [["coaps://127.0.0.1/", "coaps://[::1]/", "--spread"], /all IPv4 or all IPv6/],
    [[uri, "--home", "2"], /--home "2": the URIs are numbered from 1 to 1/],
    [[uri, "--rebind", "5", "--cid-length", "off"], /--rebind needs a Connection ID/],
    [[uri, "--frobnicate"], /unknown option '--frobnicate'/],
  ];
  test.each(cases)("%j", async (args, message) => {
    expect(await errorOf(args)).toMatch(message);
  });

  test("from the environment, naming the variable", async () => {
    expect(await errorOf([uri], { DTLS_BENCHMARK_CLIENTS: "many" })).toMatch(
      /DTLS_BENCHMARK_CLIENTS "many": a whole number/,
    );
    expect(await errorOf([uri], { DTLS_BENCHMARK_SPREAD: "maybe" })).toMatch(
      /DTLS_BENCHMARK_SPREAD "maybe": true or false is accepted/,
    );
  });

  test("of a PSK file, naming the line and showing no secret", async () => {
    const broken = file("broken.psk", "# devices\ncali.1=c2VjcmV0\ncali.2 c2VjcmV0\n");
    expect(await errorOf([uri, "--psk-file", broken])).toMatch(/line 3: identity=base64/);
    expect(await errorOf([uri, "--psk-file", broken])).not.toContain("c2VjcmV0");
    const few = file("few.psk", "cali.1=c2VjcmV0\n");
    expect(await errorOf([uri, "--psk-file", few, "--clients", "2"])).toMatch(
      /1 identities for 2 clients/,
    );
    expect(await errorOf([uri, "--psk-file", file("empty.psk", "\n")])).toMatch(/no line/);
  });

  test("of the open files that clients need", () => {
    expect(() => checkOpenFiles(2000, 1024)).toThrow(
      /--clients 2000: 2064 open files are needed, the limit is 1024; raise it with ulimit -n 2064/,
    );
    expect(() => checkOpenFiles(2000, 20_000)).not.toThrow();
  });
});

test("options become a configuration, command line before environment before default", async () => {
  const command = await readCommandLine(
    [uri, "coaps://127.0.0.2:5784/benchmark?rlen=40", "--clients", "7", "--cid-length", "off"],
    { DTLS_BENCHMARK_CLIENTS: "9", DTLS_BENCHMARK_MAX_RETRANSMIT: "5", DTLS_BENCHMARK_NON: "yes" },
  );
  expect(command?.config).toMatchObject({
    clients: 7,
    maxRetransmit: 5,
    confirmable: false,
    durationMs: 60_000,
    requests: undefined,
    method: "POST",
    connectionIdLength: undefined,
  });
  expect(command?.config.targets).toMatchObject([
    { address: "127.0.0.1", port: 5784, uriPath: ["benchmark"], uriQuery: ["rlen=40"] },
    { address: "127.0.0.2" },
  ]);
});

test("a number of requests replaces the default duration", async () => {
  const command = await readCommandLine([uri, "--requests", "10"], {});
  expect(command?.config).toMatchObject({ requests: 10, durationMs: undefined });
});

test("URIs may come from the environment; IPv6 and default ports are understood", async () => {
  const command = await readCommandLine([], {
    DTLS_BENCHMARK_URIS: " coaps://[::1]/a%20b/c?x=1&y ",
  });
  expect(command?.config.targets).toMatchObject([
    { address: "::1", family: 6, port: 5684, uriPath: ["a b", "c"], uriQuery: ["x=1", "y"] },
  ]);
});

test("identities follow the client's number", async () => {
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const byDefault = await readCommandLine([uri], {});
  expect(text(byDefault?.config.credentials(17).identity)).toBe("cali.0017");
  expect(text(byDefault?.config.credentials(12_345).identity)).toBe("cali.12345");
  expect(text(byDefault?.config.credentials(17).secret)).toBe(".fornium");
  const colons = await readCommandLine([uri, "--psk", "me:a:b"], {});
  expect(text(colons?.config.credentials(3).identity)).toBe("me");
  expect(text(colons?.config.credentials(3).secret)).toBe("a:b");
  const lines = file("good.psk", "# c\nfirst=YQ==\n\nrest.*=Yg==\n");
  const fromFile = await readCommandLine([uri, "--psk-file", lines, "--clients", "5"], {});
  expect(text(fromFile?.config.credentials(0).identity)).toBe("first");
  expect(text(fromFile?.config.credentials(1).identity)).toBe("rest.0001");
  expect(text(fromFile?.config.credentials(4).identity)).toBe("rest.0004");
  expect(text(fromFile?.config.credentials(4).secret)).toBe("b");
});

describe("the command", () => {
  test("ends with 2 and one line for a wrong option", async () => {
    const { code, stdout, stderr } = await runMain([uri, "--clients", "none"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      'dtls-cluster-benchmark: --clients "none": a whole number from 1 to 1000000 is accepted\n',
    );
  });

  test("refuses a cipher suite that it does not have", async () => {
    const { code, stderr } = await runMain([uri, "--cipher", "TLS_RSA_WITH_NULL_MD5"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dtls-cluster-benchmark: --cipher "TLS_RSA_WITH_NULL_MD5": .*\n$/);
  });

  test("refuses a place for --json that cannot be written", async () => {
    const { code, stderr } = await runMain([uri, "--json", join(folder, "no", "such.json")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--json ".*": the folder ".*" is not writable\n$/);
  });

  test("explains every option", async () => {
    const { code, stdout } = await runMain(["--help"]);
    expect(code).toBe(0);
    for (const { flags } of optionTable) expect(stdout).toContain(`--${optionName(flags)}`);
  });

  test("tells its version", async () => {
    const { code, stdout } = await runMain(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
