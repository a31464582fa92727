import { expect, test } from "vitest";
import { alertFor } from "../src/alert-for.ts";
import { DtlsError, type DtlsErrorCode, DtlsUsageError } from "../src/index.ts";

test.each<[DtlsErrorCode, number | undefined]>([
  ["DTLS_DECODE", 50],
  ["DTLS_UNEXPECTED_MESSAGE", 10],
  ["DTLS_HANDSHAKE_FAILURE", 40],
  ["DTLS_ILLEGAL_PARAMETER", 47],
  ["DTLS_UNSUPPORTED_EXTENSION", 110],
  ["DTLS_PROTOCOL_VERSION", 70],
  ["DTLS_BAD_FINISHED", 51],
  ["DTLS_UNKNOWN_PSK_IDENTITY", undefined],
  ["DTLS_LIMIT", 80],
  ["DTLS_INTERNAL", 80],
  ["DTLS_ALERT_RECEIVED", undefined],
])("%s is told to the peer as alert %s", (code, alert) => {
  const cause = new RangeError("why");
  const error = new DtlsError(code, "what", { cause });
  expect(alertFor(error)).toBe(alert);
  expect(error).toMatchObject({ name: "DtlsError", code, message: "what", cause });
  expect(error).toBeInstanceOf(Error);
});

test("a caller's mistake has a name and a code of its own", () => {
  const error = new DtlsUsageError("what");
  expect(error).toMatchObject({ name: "DtlsUsageError", code: "DTLS_USAGE", message: "what" });
});
