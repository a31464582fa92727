import {
  type CipherCCMTypes,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
} from "node:crypto";
import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { type CipherSuite, cipherSuites } from "../src/crypto/cipher-suites.ts";
import { OpenedRecord, RecordOpener, RecordSealer, ReplayWindow } from "../src/protection/index.ts";
import { ContentType, RecordCursor } from "../src/record/index.ts";

// CPU time of sealing and opening one application data record with a Connection ID of 6 bytes, header work, window and
// datagram included, against nothing but a cipher object of node:crypto per record in the same run.
//   node --conditions=@dtls-cluster/source packages/dtls/bench/record-seal.bench.ts [suite name part]

const sizes = [40, 60, 100, 256, 1024];
const batch = 500;
const rounds = 40;
const connectionId = Uint8Array.of(1, 2, 3, 4, 5, 6);
const iv = Uint8Array.of(1, 2, 3, 4);

interface Row {
  readonly suite: string;
  readonly bytes: number;
  readonly seal: string;
  readonly open: string;
  readonly "cold seal": string;
  readonly "cold open": string;
  readonly "bare seal": string;
  readonly "bare open": string;
  readonly "bare/ours": string;
}

type Step = (index: number) => void;

/**
 * µs of CPU per call of each step: the best of many short rounds that take turns, because whatever else runs on the
 * machine can only add to it, and should add to all of them.
 */
function measure<Name extends string>(steps: Readonly<Record<Name, Step>>): Record<Name, number> {
  const names = Object.keys(steps) as Name[];
  const best = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const run = steps[name];
      const before = process.cpuUsage();
      for (let index = 0; index < batch; index++) {
        run(index);
      }
      const { user, system } = process.cpuUsage(before);
      best[name] = Math.min(best[name] ?? 0, (user + system) / batch);
    }
  }
  return best as Record<Name, number>;
}

function records(suite: CipherSuite, hotKeys: number, size: number): { seal: Step; open: Step } {
  const crypto = createNodeCrypto({ hotKeys });
  const common = { suite, iv, epoch: 1, connectionId };
  const key = new Uint8Array(suite.keyLength);
  const sealer = new RecordSealer({ ...common, key: crypto.aeadKey(suite.aead, key) });
  const content = new Uint8Array(size);
  const seal = () => sealer.sealDatagram(ContentType.applicationData, content);

  const datagrams: Uint8Array[] = [];
  for (let i = 0; i < batch * rounds; i++) {
    const datagram = sealer.sealDatagram(ContentType.applicationData, content);
    if (datagram !== undefined) {
      datagrams.push(datagram);
    }
  }
  const window = new ReplayWindow();
  const opener = new RecordOpener({ ...common, key: crypto.aeadKey(suite.aead, key), window });
  const cursor = new RecordCursor(connectionId.length);
  const opened = new OpenedRecord();
  let next = 0;
  const open = () => {
    const datagram = datagrams[next++];
    if (datagram === undefined) {
      throw new Error("no datagram is left");
    }
    cursor.start(datagram);
    if (
      !cursor.next() ||
      opener.open(cursor, opened) !== "opened" ||
      opened.content.length !== size
    ) {
      throw new Error("a record does not open");
    }
  };
  return { seal, open };
}

function bare(suite: CipherSuite, size: number): { seal: Step; open: Step } {
  const key = createSecretKey(new Uint8Array(suite.keyLength));
  const isCcm = suite.aead.includes("ccm");
  const algorithm = suite.aead.replace(/-8$/, "");
  const options = { authTagLength: suite.tagLength };
  const aad = new Uint8Array(29);
  const nonce = new Uint8Array(12);
  const text = new Uint8Array(size + 1);
  const forText = { plaintextLength: text.length };
  const sealOnce = () => {
    const cipher = isCcm
      ? createCipheriv(algorithm as CipherCCMTypes, key, nonce, options)
      : createCipheriv(algorithm as CipherGCMTypes, key, nonce, options);
    cipher.setAAD(aad, forText);
    const body = cipher.update(text);
    cipher.final();
    return { body, tag: cipher.getAuthTag() };
  };
  const { body, tag } = sealOnce();
  const openOnce = () => {
    const decipher = isCcm
      ? createDecipheriv(algorithm as CipherCCMTypes, key, nonce, options)
      : createDecipheriv(algorithm as CipherGCMTypes, key, nonce, options);
    decipher.setAuthTag(tag);
    decipher.setAAD(aad, forText);
    decipher.update(body);
    decipher.final();
  };
  return { seal: sealOnce, open: openOnce };
}

const wanted = process.argv[2] ?? "";
const rows: Row[] = [];
for (const suite of cipherSuites.filter(({ name }) => name.includes(wanted))) {
  for (const size of sizes) {
    const hot = records(suite, 10, size);
    const cold = records(suite, 0, size);
    const node = bare(suite, size);
    const cost = measure({
      hotSeal: hot.seal,
      hotOpen: hot.open,
      coldSeal: cold.seal,
      coldOpen: cold.open,
      bareSeal: node.seal,
      bareOpen: node.open,
    });
    rows.push({
      suite: suite.name.replace("TLS_PSK_WITH_", ""),
      bytes: size,
      seal: cost.hotSeal.toFixed(2),
      open: cost.hotOpen.toFixed(2),
      "cold seal": cost.coldSeal.toFixed(2),
      "cold open": cost.coldOpen.toFixed(2),
      "bare seal": cost.bareSeal.toFixed(2),
      "bare open": cost.bareOpen.toFixed(2),
      "bare/ours": ((cost.bareSeal + cost.bareOpen) / (cost.hotSeal + cost.hotOpen)).toFixed(2),
    });
  }
}
console.log(`node ${process.version}, µs of CPU per record; "cold": no long-lived ciphers`);
console.table(rows);
