import {
  type CertificateOptions,
  type IssuedCertificate,
  issueCertificate,
} from "@dtls-cluster/certificates";

/** A certificate with its key, for tests and demonstrations. */
export type TestCertificate = IssuedCertificate;

/** As for real ones; by default valid from an hour ago and for 30 days. */
export type TestCertificateOptions = Omit<CertificateOptions, "notBefore" | "notAfter"> &
  Partial<Pick<CertificateOptions, "notBefore" | "notAfter">>;

const HOUR_MS = 3_600_000;

export function createTestCertificate(options: TestCertificateOptions): TestCertificate {
  const now = Date.now();
  return issueCertificate({
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + 30 * 24 * HOUR_MS),
    ...options,
  });
}
