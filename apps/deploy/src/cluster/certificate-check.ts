import { createPrivateKey, X509Certificate } from "node:crypto";

export interface CertificateFinding {
  readonly isFault: boolean;
  readonly text: string;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

/**
 * Checks the four files for handing connections over as the servers will, and that both sides know each
 * other. Findings that are no fault are hints.
 * @param files PEM by file name @param now milliseconds since 1970
 */
export function checkCertificates(
  files: Readonly<Record<string, string>>,
  now: number,
): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const sides = [
    { own: "https_server_cert.pem", trustedBy: "https_client_trust.pem" },
    { own: "https_client_cert.pem", trustedBy: "https_server_trust.pem" },
  ];
  for (const { own, trustedBy } of sides) {
    const chain = certificatesOf(files[own], own, findings);
    const trust = certificatesOf(files[trustedBy], trustedBy, findings);
    const [leaf] = chain;
    if (leaf === undefined) continue;
    findings.push(...checkKey(leaf, files[own] ?? "", own), ...checkDates(chain, own, now));
    // Old authorities may stay in a trust file, as long as one is valid.
    if (trust.length === 1) findings.push(...checkDates(trust, trustedBy, now));
    if (trust.length > 0 && !leadsTo(leaf, chain, trust)) {
      const issuer = leaf.issuer.replaceAll("\n", ", ");
      findings.push(
        fault(
          `${own} was issued by ${issuer}, which ${trustedBy} does not hold: put that authority there`,
        ),
      );
    }
  }
  return findings;
}

function fault(text: string): CertificateFinding {
  return { isFault: true, text };
}

function certificatesOf(
  pem: string | undefined,
  name: string,
  findings: CertificateFinding[],
): readonly X509Certificate[] {
  if (pem === undefined) {
    findings.push(fault(`${name} is missing: without it no connections are handed over`));
    return [];
  }
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    findings.push(fault(`${name} holds no certificate in PEM form: replace it`));
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    findings.push(fault(`${name} holds a damaged certificate: replace it`));
    return [];
  }
}

function checkKey(leaf: X509Certificate, pem: string, name: string): readonly CertificateFinding[] {
  const block = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^-]*-----END \1PRIVATE KEY-----/.exec(
    pem,
  )?.[0];
  if (block === undefined)
    return [fault(`${name} holds no private key: append it in PEM form, not encrypted`)];
  try {
    if (leaf.checkPrivateKey(createPrivateKey(block))) return [];
  } catch {
    return [
      fault(
        `${name} holds a private key that cannot be read: append it in PEM form, not encrypted`,
      ),
    ];
  }
  return [
    fault(
      `the private key in ${name} does not match its first certificate: put those there that belong together`,
    ),
  ];
}

function checkDates(
  certificates: readonly X509Certificate[],
  name: string,
  now: number,
): readonly CertificateFinding[] {
  return certificates.flatMap((certificate) => {
    const until = Date.parse(certificate.validTo);
    const day = new Date(until).toISOString().slice(0, 10);
    if (until < now) return [fault(`${name} expired on ${day}: renew it (install --renew-certs)`)];
    if (Date.parse(certificate.validFrom) > now) {
      return [fault(`${name} is valid from ${certificate.validFrom} only: check it and the clock`)];
    }
    if (until - now > SOON_DAYS * DAY_MS) return [];
    return [
      {
        isFault: false,
        text: `${name} expires on ${day}: renew it before (install --renew-certs)`,
      },
    ];
  });
}

function leadsTo(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  trust: readonly X509Certificate[],
): boolean {
  let current = leaf;
  for (let depth = 0; depth <= chain.length; depth += 1) {
    const subject = current;
    if (
      trust.some(
        (authority) => subject.checkIssued(authority) && subject.verify(authority.publicKey),
      )
    ) {
      return true;
    }
    const next = chain.find((other) => other !== subject && subject.checkIssued(other));
    if (next === undefined) return false;
    current = next;
  }
  return false;
}
