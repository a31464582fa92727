/** The test world was used wrongly, or something in it broke its contract. */
export class TestkitError extends Error {
  override readonly name = "TestkitError";
  readonly code = "TESTKIT";
}
