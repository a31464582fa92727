import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { auditCapture } from "../src/tap/audit.ts";
import { type Captured, capture, toClient, toService } from "./support/capture.ts";

const folder = mkdtempSync(join(tmpdir(), "netlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CID = [1, 2, 3, 4, 5, 6];

function sealed(sequence: number, text: string, cid: readonly number[] = []): Uint8Array {
  const type = cid.length > 0 ? 25 : 23;
  const body = Buffer.from(text);
  const number = [0, 1, 0, 0, 0, 0, 0, sequence];
  return Uint8Array.from([type, 254, 253, ...number, ...cid, 0, body.length, ...body]);
}

function audit(datagrams: readonly Captured[]) {
  const file = join(folder, "capture.pcap");
  writeFileSync(file, capture(datagrams));
  return auditCapture(file);
}

describe("auditCapture", () => {
  it("finds nothing where every record has its own number", async () => {
    const seen = await audit([
      toService(sealed(1, "one", CID)),
      toService(sealed(2, "two", CID)),
      toClient(sealed(1, "one")),
      toClient(sealed(2, "two")),
    ]);
    expect(seen).toMatchObject({ sealedRecords: 4, unparsedDatagrams: 0, orphanedAnswers: 0 });
    expect(seen.violations).toEqual([]);
  });

  it("finds a number that was used twice, in either direction", async () => {
    const requests = await audit([
      toService(sealed(7, "one", CID)),
      toService(sealed(7, "two", CID)),
    ]);
    expect(requests.violations).toMatchObject([{ epoch: 1, sequence: 7 }]);
    const answers = await audit([toClient(sealed(7, "one")), toClient(sealed(7, "two"))]);
    expect(answers.violations).toMatchObject([{ epoch: 1, sequence: 7 }]);
  });

  it("takes two nodes for one service: a number of both is used twice", async () => {
    const answer = toClient(sealed(7, "two"));
    const seen = await audit([
      toClient(sealed(7, "one")),
      { ...answer, from: ["10.244.1.2", 5784] },
    ]);
    expect(seen.violations).toHaveLength(1);
    expect(seen.orphanedAnswers).toBe(1);
  });

  it("counts what is no DTLS", async () => {
    expect(await audit([toService(Buffer.from("hello"))])).toMatchObject({ unparsedDatagrams: 1 });
  });
});
