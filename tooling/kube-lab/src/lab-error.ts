/** Something that the operator or the machine has to change; its message is one clear line. */
export class LabError extends Error {
  override readonly name = "LabError";
}
