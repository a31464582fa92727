import { describe, expect, it } from "vitest";
import { answerQuery } from "../src/names/answer.ts";

const TYPE = { A: 1, AAAA: 28 } as const;

function query(name: string, type: number): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const header = Buffer.from("abcd 0100 0001 0000 0000 0001".replaceAll(" ", ""), "hex");
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1]), Buffer.from("more")]);
}

const code = (answer: Buffer | undefined): number => (answer?.[3] ?? 0xff) & 0x0f;
const count = (answer: Buffer | undefined): number | undefined => answer?.readUInt16BE(6);

describe("answerQuery", () => {
  it("gives the address of the API server's service", () => {
    const answer = answerQuery(query("Kubernetes.default.svc.cluster.local", TYPE.A));
    expect(answer?.subarray(0, 2).toString("hex")).toBe("abcd");
    expect(code(answer)).toBe(0);
    expect(count(answer)).toBe(1);
    expect([...(answer?.subarray(-4) ?? [])]).toEqual([10, 96, 0, 1]);
  });

  it("says that a name without an address of this kind exists", () => {
    const answer = answerQuery(query("kubernetes.default.svc.cluster.local", TYPE.AAAA));
    expect(code(answer)).toBe(0);
    expect(count(answer)).toBe(0);
  });

  it("says that other names do not exist", () => {
    expect(code(answerQuery(query("example.org", TYPE.A)))).toBe(3);
  });

  it.each([
    "",
    "00",
    "abcd01000001000000000000",
    "abcd0100000100000000000040",
    "abcd010000010000000000000561",
  ])("is silent about %s", (hex) => expect(answerQuery(Buffer.from(hex, "hex"))).toBeUndefined());

  it("does not answer an answer", () => {
    const answer = answerQuery(query("example.org", TYPE.A));
    expect(answerQuery(answer ?? Buffer.of())).toBeUndefined();
  });
});
