/**
 * The seeds that a randomised test runs with: 1 to `count`, or only the one that the environment
 * variable SEED names, so that `SEED=7` replays a failure.
 */
export function testSeeds(count = 1): readonly number[] {
  const wanted = process.env["SEED"];
  if (wanted === undefined || wanted === "") {
    return Array.from({ length: count }, (_, index) => index + 1);
  }
  const seed = Number(wanted);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`SEED=${wanted}: expected an integer from 0 to 2^53 - 1`);
  }
  return [seed];
}
