import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  dissect,
  ownProgram,
  type ProxiedDatagram,
  startClusterServer,
  tshark,
  UdpProxy,
} from "../../src/index.ts";
import { auditNonces } from "../audit-nonces.ts";

const REQUESTS = 5;
const credentials = "device-*:secretPSK";
const post = 2;
const changed = 68;
const tls12Cid = "25";
const applicationData = "23";
const closeNotify = "0";

interface Recorded {
  readonly datagrams: readonly ProxiedDatagram[];
  readonly serverPort: number;
  readonly keyLog: string;
}

interface Case {
  readonly name: string;
  readonly cipher: string;
  readonly toServer: string;
  readonly toClient: string;
}

const ccm8 = "TLS_PSK_WITH_AES_128_CCM_8";
const cases: readonly Case[] = [
  { name: "both directions", cipher: ccm8, toServer: "6", toClient: "4" },
  { name: "only to the server", cipher: ccm8, toServer: "6", toClient: "0" },
  { name: "only to the client", cipher: ccm8, toServer: "0", toClient: "4" },
  { name: "the longest", cipher: ccm8, toServer: "32", toClient: "32" },
  { name: "none", cipher: ccm8, toServer: "off", toClient: "off" },
  { name: "CCM", cipher: "TLS_PSK_WITH_AES_256_CCM", toServer: "6", toClient: "4" },
  { name: "GCM-SHA256", cipher: "TLS_PSK_WITH_AES_128_GCM_SHA256", toServer: "6", toClient: "4" },
  { name: "GCM-SHA384", cipher: "TLS_PSK_WITH_AES_256_GCM_SHA384", toServer: "6", toClient: "4" },
];

/** Our client and our server in conversation, as seen on the wire. */
async function record({ cipher, toServer, toClient }: Case): Promise<Recorded> {
  const folder = await mkdtemp(join(tmpdir(), "dtls-cluster-keylog-"));
  const keyLog = join(folder, "keys.txt");
  const stops: (() => Promise<void>)[] = [];
  const kept = <T extends { stop(): Promise<void> }>(resource: T): T => {
    stops.unshift(() => resource.stop());
    return resource;
  };
  try {
    const server = kept(
      await startClusterServer("--psk", credentials, "--key-log", keyLog, "--cid-length", toServer),
    );
    const proxy = kept(await UdpProxy.open({ serverPort: server.coapsPort }));
    const run = kept(
      ownProgram("benchmark", [
        ...["--clients", "2", "--requests", String(2 * REQUESTS), "--psk", credentials],
        ...["--cid-length", toClient, "--cipher", cipher],
        `coaps://127.0.0.1:${proxy.port}/benchmark?rlen=40`,
      ]),
    );
    expect(await run.waitForEnd(30_000), run.output).toBe(0);
    return {
      datagrams: proxy.seen,
      serverPort: server.coapsPort,
      keyLog: await readFile(keyLog, "utf8"),
    };
  } finally {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const lengthOf = (option: string): number => (option === "off" ? 0 : Number(option));

const fields = [
  "udp.dstport",
  "dtls.record.special_type",
  "dtls.record.connection_id",
  "dtls.record.content_type",
  "coap.code",
  "coap.mid",
  "coap.opt.uri_path",
  "data.data",
  "dtls.alert_message.desc",
  "_ws.malformed",
] as const;

describe.each(cases)("Connection IDs: $name, $cipher", (options) => {
  let recorded: Recorded;
  beforeAll(async () => {
    recorded = await record(options);
  }, 60_000);

  test("no nonce is used twice", () => {
    const toServer = lengthOf(options.toServer);
    const toClient = lengthOf(options.toClient);
    // Each request, each answer, and the Finished messages of two clients.
    const expected = 4 * REQUESTS + 4;
    expect(auditNonces(recorded.datagrams, { toServer, toClient })).toBeGreaterThanOrEqual(
      expected,
    );
  });

  test.skipIf(!tshark.isInstalled)("tshark reads the records with the key log", async () => {
    const frames = await dissect(recorded.datagrams, recorded, fields);
    expect(frames.filter((frame) => frame["_ws.malformed"] !== "")).toEqual([]);
    const requests = frames.filter((frame) => Number(frame["coap.code"]) === post);
    const answers = frames.filter((frame) => Number(frame["coap.code"]) === changed);
    expect(requests).toHaveLength(2 * REQUESTS);
    expect(answers).toHaveLength(2 * REQUESTS);
    for (const [list, option] of [
      [requests, options.toServer],
      [answers, options.toClient],
    ] as const) {
      const length = lengthOf(option);
      for (const frame of list) {
        expect(frame["dtls.record.content_type"]).toBe(applicationData);
        expect(frame["dtls.record.connection_id"]).toHaveLength(2 * length);
        expect(frame["dtls.record.special_type"]).toBe(length > 0 ? tls12Cid : "");
      }
    }
    for (const request of requests) {
      expect(request["udp.dstport"]).toBe(String(recorded.serverPort));
      expect(request["coap.opt.uri_path"]).toBe("benchmark");
      expect(request["data.data"]).toHaveLength(80);
    }
    const mids = (list: typeof frames) => list.map((frame) => frame["coap.mid"]).sort();
    expect(mids(answers)).toEqual(mids(requests));
    const expected = Buffer.from("hello benchmark".padEnd(40, "*")).toString("hex");
    for (const answer of answers) expect(answer["data.data"]).toBe(expected);
    const ends = frames.filter((frame) => frame["dtls.alert_message.desc"] === closeNotify);
    expect(ends.length).toBeGreaterThanOrEqual(2);
  });

  test.skipIf(!tshark.isInstalled)("tshark reads nothing without the key log", async () => {
    const frames = await dissect(recorded.datagrams, { ...recorded, keyLog: "" }, fields);
    expect(frames.filter((frame) => frame["coap.code"] !== "")).toEqual([]);
  });
});
