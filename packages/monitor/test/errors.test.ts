import { describe, expect, it } from "vitest";
import { MonitorConfigError, RestoreError } from "../src/index.ts";

describe("errors", () => {
  it("carry their name, code and cause", () => {
    const cause = new Error("cause");
    const config = new MonitorConfigError("MONITOR_PORT", "text", { cause });
    expect(config).toMatchObject({ name: "MonitorConfigError", code: "MONITOR_PORT", cause });
    const restore = new RestoreError("RESTORE_STATUS", "text", { cause, status: 409 });
    expect(restore).toMatchObject({ name: "RestoreError", code: "RESTORE_STATUS", status: 409 });
    expect(restore.isRetryable).toBe(false);
    for (const code of ["RESTORE_IO", "RESTORE_STALLED", "RESTORE_BUSY"] as const) {
      expect(new RestoreError(code, "text").isRetryable).toBe(true);
    }
  });
});
