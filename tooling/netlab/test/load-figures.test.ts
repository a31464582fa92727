import { describe, expect, it } from "vitest";
import { worstWindow } from "../src/run/load-figures.ts";

const second = (requests: number, retransmissions: number) => ({ requests, retransmissions });

describe("worstWindow", () => {
  it("is the worst single second for length 1", () => {
    expect(worstWindow([second(100, 0), second(50, 1), second(200, 1)], 1)).toBe(2);
  });

  it("looks at every window, not only at aligned ones", () => {
    const seconds = [0, 0, 1, 3, 0, 0].map((retransmissions) => second(100, retransmissions));
    expect(worstWindow(seconds, 2)).toBe(2);
  });

  it("takes a shorter run as one window", () => {
    expect(worstWindow([second(100, 1), second(100, 0)], 10)).toBe(0.5);
  });

  it("sees retransmissions while nothing new is sent", () => {
    expect(worstWindow([second(0, 3)], 1)).toBe(300);
  });

  it("is 0 without seconds or retransmissions", () => {
    expect(worstWindow([], 10)).toBe(0);
    expect(worstWindow([second(0, 0)], 1)).toBe(0);
  });
});
