/**
 * The decisions of a blue/green handover, as pure reducers over plain data: no network, no clock, no randomness.
 *
 * @packageDocumentation
 */
export {
  FIRST_GENERATION,
  firstSequence,
  GENERATION_COUNT,
  type GenerationRange,
  type Grant,
  lastSequence,
  SEQUENCES_PER_GENERATION,
} from "./generation.ts";
export { stepHandover } from "./handover.ts";
export type { HandoverInput } from "./inputs.ts";
export {
  type ActivateAnswer,
  activateInput,
  activateQuery,
  copyLeaseOf,
  type HandoverQuery,
  MAX_ANSWER_LENGTH,
  parseQuery,
  type ReleaseAnswer,
  type RestoreAnswer,
  releaseInputs,
  releaseQuery,
  restoreInput,
  restoreQuery,
  type Status,
} from "./messages.ts";
export {
  HANDOVER_DELAYS_MS,
  type HandoverOutput,
  type Phase,
  type RestoreRefusal,
  type ServeOrigin,
  type TimerName,
} from "./outputs.ts";
export type { AttemptKey, Holder, Owner, Peer, PingRole, Reserve } from "./peer.ts";
export {
  createOwner,
  createTaker,
  type GiverPhase,
  type GiverState,
  type HandoverState,
  isServing,
  type PingTail,
  pingOf,
  type Step,
  type TakerPhase,
  type TakerState,
} from "./state.ts";
