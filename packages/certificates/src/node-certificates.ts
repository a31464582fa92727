import { type IssuedCertificate, issueCertificate } from "./issue-certificate.ts";

/** The four files that a node expects in the directory of `--certs`; names as in the Californium demo. */
export interface NodeCertificateFiles {
  readonly "https_server_cert.pem": string;
  readonly "https_server_trust.pem": string;
  readonly "https_client_cert.pem": string;
  readonly "https_client_trust.pem": string;
}

export interface NodeCertificateOptions {
  /** Names the authority, to be recognised by people. */
  readonly cluster: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** PEM of authorities that stay trusted, while certificates are renewed. */
  readonly alsoTrusted?: string;
}

/**
 * A new private authority, and the certificates with which the nodes of one cluster know each other. The
 * key of the authority is not returned: nobody can issue a further certificate, and a renewal is a new authority.
 */
export function createNodeCertificates(options: NodeCertificateOptions): NodeCertificateFiles {
  const { cluster, notBefore, notAfter, alsoTrusted = "" } = options;
  const validity = { notBefore, notAfter };
  const issuer = issueCertificate({ name: `${cluster} authority`, ...validity });
  const server = issueCertificate({
    name: `${cluster} server`,
    issuer,
    usage: "server",
    ...validity,
  });
  const client = issueCertificate({
    name: `${cluster} client`,
    issuer,
    usage: "client",
    ...validity,
  });
  const trust = issuer.certificatePem + alsoTrusted;
  return {
    "https_server_cert.pem": keyAndChain(server),
    "https_server_trust.pem": trust,
    "https_client_cert.pem": keyAndChain(client),
    "https_client_trust.pem": trust,
  };
}

function keyAndChain({ keyPem, certificatePem }: IssuedCertificate): string {
  return keyPem + certificatePem;
}
