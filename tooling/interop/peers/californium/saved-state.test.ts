import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  CaliforniumLoad,
  freePorts,
  ownProgram,
  type PeerProcess,
  startClusterServer,
  TestNode,
  type TestNodeOptions,
  UdpProxy,
} from "../../src/index.ts";
import { auditNonces } from "../audit-nonces.ts";
import { keep } from "../keep.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { makeCertificates } from "./make-certificates.ts";
import { describeReleases } from "./releases.ts";

const secret = ".fornium";
const psk = ["--psk", `cali.*:${secret}`];
const CLIENTS = 1000;
// Left alone, Californium prefers ECDHE_PSK.
const cipher = ["TLS_PSK_WITH_AES_128_CCM_8"];
const passwords = [undefined, "a-long-password"] as const;
const ephemeral = ["TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"];
const all = (clients: number) => ({ succeeded: clients, failed: 0 });
const everybody = all(CLIENTS);
const noHandshake = { ...everybody, handshakes: 0 };

describeReleases("saved connections", (release) => {
  test.each([
    { what: "plain", password: undefined, format: release.stateVersion, clients: CLIENTS, cipher },
    {
      what: "encrypted, version 4",
      password: "a-long-password",
      format: 4,
      clients: CLIENTS,
      cipher,
    },
    {
      what: "ECDHE_PSK",
      password: undefined,
      format: release.stateVersion,
      clients: 100,
      cipher: ephemeral,
    },
  ])(
    "there and back by files, $what: no client repeats its handshake",
    async ({ clients, ...given }) => {
      const everyone = all(clients);
      const resumed = { ...everyone, handshakes: 0 };
      const folder = await temporaryFolder();
      const [theirFile, ourFile] = [join(folder, "theirs"), join(folder, "ours")];
      const passwordFile = await passwordOptions(folder, given.password);
      const port = await freePorts(1);
      const their = async (options: Partial<TestNodeOptions>) =>
        keep(
          await TestNode.start(release, {
            secret,
            port,
            label: `dtls://127.0.0.1:${port}`,
            ...options,
          }),
        );
      const proxy = keep(await UdpProxy.open({ serverPort: port }));
      const load = keep(
        await CaliforniumLoad.start(release, {
          port: proxy.port,
          secret,
          clients,
          cipher: given.cipher,
        }),
      );

      const first = await their({});
      expect(await load.round()).toMatchObject({ ...everyone, handshakes: clients });
      await first.save(theirFile, given.password);
      await first.stop();

      const ours = keep(
        await startClusterServer(
          ...psk,
          ...["--coaps", `127.0.0.1:${port}`, "--restore", theirFile, ...passwordFile],
          ...["--save", ourFile, "--save-format", "californium"],
          ...["--californium-version", String(given.format)],
        ),
      );
      expect(ours.process.output).toContain(`"connections":${clients},"refused":0`);
      expect(await load.round()).toMatchObject(resumed);
      await load.changePorts();
      expect(await load.round()).toMatchObject(resumed);
      await ours.stop();
      expect(ours.process.output).toContain(`"event":"saved","connections":${clients}`);

      const second = await their({
        load: ourFile,
        ...(given.password === undefined ? {} : { password: given.password }),
      });
      expect(second.events("loaded")).toMatchObject([{ connections: clients }]);
      expect(await load.round()).toMatchObject(resumed);
      expect(await load.round()).toMatchObject(resumed);
      expect(auditNonces(proxy.seen, { toServer: 6, toClient: 0 })).toBeGreaterThan(8 * clients);
    },
    120_000,
  );

  test("there and back by /restore: no client repeats its handshake", async () => {
    const folder = await temporaryFolder();
    const certs = await makeCertificates(folder);
    const port = await freePorts(2);
    const [clusterPort, https] = [port + 1, port + 1];
    const label = "dtls://0.0.0.0:5784";
    const first = keep(
      await TestNode.start(release, {
        secret,
        cidLength: 6,
        certs,
        givesState: true,
        label,
        nodeId: 1,
      }),
    );
    const proxy = keep(await UdpProxy.open({ serverPort: first.port }));
    const load = keep(
      await CaliforniumLoad.start(release, { port: proxy.port, secret, clients: CLIENTS, cipher }),
    );
    expect(await load.round()).toMatchObject({ ...everybody, handshakes: CLIENTS });

    const ours = keep(
      await startClusterServer(
        ...psk,
        ...["--node-id", "1", "--coaps", `127.0.0.1:${port}`],
        ...["--cluster", `127.0.0.1:${clusterPort}`, "--initial-nodes", "1"],
        ...["--certs", certs, "--double", `127.0.0.1:${first.httpsPort}`],
        ...["--handover", `127.0.0.1:${https}`, "--californium-label", label],
        ...["--californium-version", String(release.stateVersion)],
      ),
    );
    expect(ours.process.output).toContain(`"from":"californium","connections":${CLIENTS}`);
    expect(first.events("given")).toMatchObject([{ connections: CLIENTS }]);
    proxy.moveServer(port);
    expect(await load.round()).toMatchObject(noHandshake);

    const second = keep(
      await TestNode.start(release, { secret, certs, label, nodeId: 1, restore: https }),
    );
    expect(ours.process.output).toContain(
      `"event":"given-to-californium","connections":${CLIENTS}`,
    );
    expect(second.events("downloaded")).toMatchObject([{ status: 200, connections: CLIENTS }]);
    proxy.moveServer(second.port);
    expect(await load.round()).toMatchObject(noHandshake);
    expect(auditNonces(proxy.seen, { toServer: 6, toClient: 0 })).toBeGreaterThan(6 * CLIENTS);

    // Asked again, a sealed node gives what Californium's gives: none.
    const third = keep(await TestNode.start(release, { secret, certs, label, restore: https }));
    expect(third.events("downloaded")).toMatchObject([{ status: 200, connections: 0 }]);
  }, 120_000);

  test.each(passwords)(
    "damaged files are refused whole (password: %s)",
    async (password) => {
      const folder = await temporaryFolder();
      const file = join(folder, "saved");
      const node = keep(await TestNode.start(release, { secret }));
      const load = keep(
        await CaliforniumLoad.start(release, { port: node.port, secret, clients: 3 }),
      );
      await load.round();
      await node.save(file, password);
      const saved = await readFile(file);
      const args = await passwordOptions(folder, password);
      for (const [name, damaged] of damagedCopies(saved, password !== undefined)) {
        await writeFile(file, damaged);
        const server = keep(restoring(file, args));
        expect(await server.waitForEnd(20_000), name).toBe(2);
        expect(server.output, name).toMatch(
          /--restore: the state file \S+ cannot be used: .*(at byte \d+|password|unknown cipher|ends early)/,
        );
        expect(await readFile(file), name).toEqual(damaged);
      }
    },
    120_000,
  );

  test("connections that cannot be gone on with are named, and do not stop the others", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "saved");
    const port = await freePorts(1);
    const cbc = "TLS_PSK_WITH_AES_128_CBC_SHA256";
    const ccm = "TLS_PSK_WITH_AES_128_CCM_8";
    const node = keep(await TestNode.start(release, { secret, port, cipher: [ccm, cbc] }));
    const good = keep(
      await CaliforniumLoad.start(release, { port, secret, clients: 5, cipher: [ccm] }),
    );
    const bad = keep(
      await CaliforniumLoad.start(release, { port, secret, clients: 2, cipher: [cbc] }),
    );
    await good.round();
    await bad.round();
    await node.save(file);
    await node.stop();
    const ours = keep(
      await startClusterServer(...psk, "--coaps", `127.0.0.1:${port}`, "--restore", file),
    );
    const refused = ours.process.output.match(/"event":"connection-refused".*/g) ?? [];
    expect(refused).toHaveLength(2);
    for (const line of refused) expect(line).toContain(`suite 0x00AE (${cbc}) is not supported`);
    expect(await good.round()).toMatchObject({ succeeded: 5, failed: 0, handshakes: 0 });
  });
});

async function passwordOptions(folder: string, password: string | undefined): Promise<string[]> {
  if (password === undefined) return [];
  const file = join(folder, "password");
  await writeFile(file, `${password}\n`);
  return ["--state-password-file", file];
}

function restoring(file: string, args: readonly string[]): PeerProcess {
  const place = ["--coaps", "127.0.0.1:0", "--coap", "off"];
  return ownProgram("server", [...psk, ...place, "--restore", file, ...args]);
}

/** In the encrypted form every bit counts, in the plain one those of the structure do. */
function damagedCopies(
  saved: Buffer,
  isEncrypted: boolean,
): readonly (readonly [string, Buffer])[] {
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(saved);
    copy[at] = value;
    return copy;
  };
  const context = saved.indexOf(Buffer.from([0x01, 0x01])) + 1;
  const shared = [
    ["truncated in the middle", saved.subarray(0, saved.length >> 1)],
    ["without its last byte", saved.subarray(0, saved.length - 1)],
  ] as const;
  if (isEncrypted) {
    const flipped = changed(saved.length >> 1, (saved[saved.length >> 1] ?? 0) ^ 4);
    return [...shared, ["one bit flipped", flipped], ["a newer cipher", changed(1, 0x02)]];
  }
  return [
    ...shared,
    ["a newer version of the marker", changed(1, 0x02)],
    ["a newer version of a connection", changed(newerConnection(saved), 0x07)],
    ["a changed length", changed(context >= 0 ? newerConnection(saved) + 2 : 0, 0xff)],
  ];
}

/** Where the version of the first connection is: behind the marks and the label. */
function newerConnection(saved: Buffer): number {
  const label = saved.indexOf("COMPONENTS") + "COMPONENTS".length;
  return label + 2 + saved.readUInt16BE(label);
}
