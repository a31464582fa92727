/**
 * Deadlines of a sans-IO protocol machine: rows with a time, the earliest one first, no clock.
 *
 * @packageDocumentation
 */
export { type Deadline, DeadlineQueue } from "./deadline-queue.ts";

/** Milliseconds on a monotonic clock whose origin is arbitrary. Fractions are allowed. */
export type Instant = number;
