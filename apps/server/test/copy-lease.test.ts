import { createOwner } from "@dtls-cluster/handover";
import { describe, expect, it } from "vitest";
import { CopyLease } from "../src/handover/copy-lease.ts";

/** An owner that took over from `old`, which has not said that its copy is gone. */
const owner = {
  ...createOwner("new"),
  holders: [{ id: "old", address: "10.0.0.2:5884", generation: 2, attempt: 0 }],
};
const LOST = [{ type: "peer-lost", id: "old" }];

describe("the lease of a sealed copy", () => {
  it("has ended for the owner after two and a half times without a question", () => {
    const lease = new CopyLease(1000);
    expect(lease.inputs(owner, 0)).toEqual([]);
    lease.askedBy("old", 500);
    expect(lease.inputs(owner, 3000)).toEqual([]);
    expect(lease.inputs(owner, 3001)).toEqual(LOST);
  });

  it("is that of the process which keeps the copy, when that one is longer", () => {
    const lease = new CopyLease(1000);
    lease.told(4000);
    expect(lease.inputs(owner, 0)).toEqual([]);
    expect(lease.inputs(owner, 10_000)).toEqual([]);
    expect(lease.inputs(owner, 10_001)).toEqual(LOST);
  });

  it("is not shortened by a process that keeps its copy for less", () => {
    const lease = new CopyLease(1000);
    lease.told(10);
    expect(lease.inputs(owner, 0)).toEqual([]);
    expect(lease.inputs(owner, 2500)).toEqual([]);
    lease.told(undefined);
    expect(lease.inputs(owner, 2501)).toEqual(LOST);
  });
});
