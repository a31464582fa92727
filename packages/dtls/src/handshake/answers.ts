import type { Association } from "../association.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError, DtlsUsageError } from "../errors.ts";
import type { CertificateVerdict } from "../events.ts";
import { takeOwnSignature, takeServerVerdict } from "./client-flight.ts";
import { guardHandshake } from "./failure.ts";
import { takeKeySignature } from "./server-flight.ts";
import { takeClientVerdict } from "./server-proof.ts";

/** See Endpoint.judgeCertificate. */
export function takeVerdict(
  core: EndpointCore,
  association: Association,
  verdict: CertificateVerdict,
  now: number,
): void {
  const { exchange } = association;
  if (exchange === undefined) return;
  const { state } = exchange;
  if (state.name !== "expect-server-verdict" && state.name !== "expect-client-verdict") {
    throw new DtlsUsageError("judgeCertificate: this handshake does not wait for a verdict");
  }
  guardHandshake(core, association, now, () => {
    if (state.name === "expect-server-verdict") {
      takeServerVerdict(core, association, exchange, state, verdict, now);
    } else {
      takeClientVerdict(core, association, exchange, state, verdict);
    }
  });
}

/** See Endpoint.provideSignature. */
export function takeSignature(
  core: EndpointCore,
  association: Association,
  signature: Uint8Array | undefined,
  now: number,
): void {
  const { exchange } = association;
  if (exchange === undefined) return;
  const { state } = exchange;
  if (state.name !== "expect-key-signature" && state.name !== "expect-own-signature") {
    throw new DtlsUsageError("provideSignature: this handshake does not wait for a signature");
  }
  guardHandshake(core, association, now, () => {
    if (signature === undefined) {
      throw new DtlsError("DTLS_INTERNAL", "the own signature could not be made");
    }
    if (state.name === "expect-key-signature") {
      takeKeySignature(core, association, exchange, state, signature, now);
    } else {
      takeOwnSignature(core, association, exchange, state, signature, now);
    }
  });
}
