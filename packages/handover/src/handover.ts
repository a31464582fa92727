import { stepGiver } from "./giver.ts";
import type { HandoverInput } from "./inputs.ts";
import type { HandoverState, Step } from "./state.ts";
import { stepTaker } from "./taker.ts";

/**
 * Feeds one input to a process of either side. A taker that begins to serve becomes a giver; a relaying
 * giver that is told to take back becomes a taker.
 */
export function stepHandover(state: HandoverState, input: HandoverInput): Step {
  return state.side === "giver" ? stepGiver(state, input) : stepTaker(state, input);
}
