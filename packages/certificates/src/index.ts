export {
  type CertificateOptions,
  type IssuedCertificate,
  issueCertificate,
} from "./issue-certificate.ts";
export {
  createNodeCertificates,
  type NodeCertificateFiles,
  type NodeCertificateOptions,
} from "./node-certificates.ts";
