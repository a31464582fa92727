import { describe, expect, it } from "vitest";
import { StateError } from "../src/index.ts";

describe("errors", () => {
  it("carry name, code, cause and position", () => {
    const cause = new Error("cause");
    const error = new StateError("STATE_CORRUPT", "text", {
      cause,
      position: { offset: 7, item: 2 },
    });
    expect(error).toMatchObject({ name: "StateError", code: "STATE_CORRUPT", cause });
    expect(error.message).toBe("text (at byte 7, after 2 items)");
    expect(error.position).toEqual({ offset: 7, item: 2 });
    const plain = new StateError("STATE_FILE", "text");
    expect(plain.message).toBe("text");
    expect(plain.position).toBeUndefined();
  });
});
