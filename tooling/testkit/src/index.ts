/**
 * A world for tests: virtual clock, seeded hostile network, endpoints driven by jumps from wake-up to
 * wake-up, and an auditor that finds nonces used twice.
 *
 * @packageDocumentation
 */
export {
  createTestCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from "./certificates.ts";
export { TestkitError } from "./errors.ts";
export { eventually } from "./eventually.ts";
export {
  type ForgedCertificate,
  type ForgedCertificateOptions,
  forgeCertificate,
} from "./forged-certificate.ts";
export { formatAddress, Journal, type JournalEvent } from "./journal.ts";
export { idealLink, type LinkConditions } from "./link.ts";
export type { Nat } from "./nat.ts";
export {
  NonceAuditor,
  type NonceAuditorOptions,
  type NonceViolation,
} from "./nonce-auditor.ts";
export { Random } from "./random.ts";
export { type DtlsRecord, readRecords } from "./record-scan.ts";
export { testSeeds } from "./seeds.ts";
export { VirtualClock, type Wakeup } from "./virtual-clock.ts";
export { VirtualDatagramSocket } from "./virtual-datagram-socket.ts";
export { type Filter, type Tap, VirtualNetwork, type VirtualReceiver } from "./virtual-network.ts";
export { type SansIoEndpoint, VirtualSocket } from "./virtual-socket.ts";
export { simulate, World, type WorldOptions } from "./world.ts";
