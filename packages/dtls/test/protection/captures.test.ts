import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { describe, expect, it } from "vitest";
import {
  deriveKeyBlock,
  extendedMasterSecret,
  pskPremasterSecret,
  verifyData,
} from "../../src/crypto/key-schedule.ts";
import {
  OpenedRecord,
  RecordOpener,
  RecordSealer,
  ReplayWindow,
} from "../../src/protection/index.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";
import { type Capture, loadCapture } from "../vectors/capture.ts";

const crypto = createNodeCrypto();
const psks = {
  "psk-ccm8-cid": "secretPSK",
  "psk-gcm-cid": "sesame",
  "psk-ccm8-cid-both": ".fornium",
} as const;

type Role = "client" | "server";

/** The opener of what `sender` sent, and a sealer that can do again what `sender` did. */
function protectionOf(capture: Capture, sender: Role) {
  const { suite, masterSecret, clientRandom, serverRandom } = capture;
  const block = deriveKeyBlock(crypto, suite, masterSecret, clientRandom, serverRandom);
  const raw = sender === "client" ? block.clientWriteKey : block.serverWriteKey;
  const iv = sender === "client" ? block.clientWriteIv : block.serverWriteIv;
  const connectionId =
    sender === "client" ? capture.serverConnectionId : capture.clientConnectionId;
  const common = { suite, iv, epoch: 1, connectionId };
  return {
    cursor: new RecordCursor(connectionId.length),
    opener: new RecordOpener({
      ...common,
      key: crypto.aeadKey(suite.aead, raw),
      window: new ReplayWindow(),
    }),
    sealer: new RecordSealer({ ...common, key: crypto.aeadKey(suite.aead, raw) }),
  };
}

interface Opened {
  readonly sender: Role;
  readonly type: number;
  readonly outerType: number;
  readonly content: Uint8Array;
}

/** Opens and seals again every protected record, and checks the bytes. */
function replay(capture: Capture): Opened[] {
  const sides = {
    client: protectionOf(capture, "client"),
    server: protectionOf(capture, "server"),
  };
  const into = new OpenedRecord();
  const records: Opened[] = [];
  for (const { sourcePort, payload } of capture.datagrams) {
    const sender = sourcePort === capture.serverPort ? "server" : "client";
    const { cursor, opener, sealer } = sides[sender];
    cursor.start(payload);
    while (cursor.next()) {
      if (cursor.epoch === 0) {
        continue;
      }
      expect(opener.open(cursor, into)).toBe("opened");
      expect(into.isNewest).toBe(true);
      const content = into.content.slice();
      records.push({ sender, type: into.type, outerType: cursor.type, content });

      sealer.advanceTo(cursor.sequence);
      const again = new Uint8Array(payload.length);
      const end = sealer.write(into.type, content, 0, content.length, again, cursor.recordOffset);
      expect(end).toBe(cursor.fragmentOffset + cursor.fragmentLength);
      expect(again.slice(cursor.recordOffset, end)).toEqual(
        payload.slice(cursor.recordOffset, end),
      );
      expect(opener.open(cursor, into)).toBe("replayed");
    }
    expect(cursor.isMalformed).toBe(false);
  }
  return records;
}

describe.each(["x509-ccm8-cid", ...Object.keys(psks)])(
  "%s, recorded from another implementation",
  (name) => {
    const capture = loadCapture(name);

    it("opens in every protected record and is sealed again to the same bytes", () => {
      const records = replay(capture);
      const data = records.filter(({ type }) => type === ContentType.applicationData);
      expect(data.filter(({ sender }) => sender === "client").length).toBeGreaterThan(0);
      expect(data.filter(({ sender }) => sender === "server").length).toBeGreaterThan(0);
      for (const { sender, outerType, type } of records) {
        const receiver =
          sender === "client" ? capture.serverConnectionId : capture.clientConnectionId;
        expect(outerType).toBe(receiver.length > 0 ? ContentType.tls12Cid : type);
      }
    });

    it("has the verify_data of both Finished messages", () => {
      const { hash } = capture.suite;
      const finished = replay(capture).filter(({ type }) => type === ContentType.handshake);
      expect(finished.map(({ sender }) => sender)).toEqual(["client", "server"]);
      const messages = [...capture.transcript];
      for (const { sender, content } of finished) {
        const transcriptHash = crypto.hash(hash, Buffer.concat(messages));
        const expected = verifyData(crypto, hash, capture.masterSecret, sender, transcriptHash);
        expect(content.slice(12)).toEqual(expected);
        messages.push(content);
      }
    });
  },
);

describe.each(Object.entries(psks))("%s", (name, psk) => {
  const capture = loadCapture(name);

  it("has the master secret that the extended master secret derivation gives", () => {
    const { hash } = capture.suite;
    const sessionHash = crypto.hash(hash, Buffer.concat(capture.transcript));
    const premaster = pskPremasterSecret(new Uint8Array(Buffer.from(psk)));
    expect(extendedMasterSecret(crypto, hash, premaster, sessionHash)).toEqual(
      capture.masterSecret,
    );
  });
});
