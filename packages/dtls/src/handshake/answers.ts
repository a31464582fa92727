import type { Association } from "../association.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError, DtlsUsageError } from "../errors.ts";
import type { CertificateVerdict } from "../events.ts";
import { takeOwnSignature, takeServerVerdict } from "./client-flight.ts";
import { finishResumption } from "./client-resumption.ts";
import type { Exchange } from "./exchange.ts";
import { guardHandshake } from "./failure.ts";
import { completeHandshake } from "./progress.ts";
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
  if (!waitsForVerdict(state.name)) {
    throw new DtlsUsageError("judgeCertificate: this handshake does not wait for a verdict");
  }
  guardHandshake(core, association, now, () => {
    switch (state.name) {
      case "expect-server-verdict":
        return takeServerVerdict(core, association, exchange, state, verdict, now);
      case "expect-client-verdict":
        return takeClientVerdict(core, association, exchange, state, verdict);
      case "expect-resumed-server-verdict":
        if (verdict !== "accepted") throw new DtlsError(verdict.code, verdict.reason);
        return finishResumption(core, association, exchange, state, now);
      case "expect-resumed-client-verdict":
        if (verdict !== "accepted") throw new DtlsError(verdict.code, verdict.reason);
        association.peerCertificate = state.certificate;
        return completeHandshake(core, association, undefined, now);
    }
  });
}

function waitsForVerdict(name: Exchange["state"]["name"]): boolean {
  return (
    name === "expect-server-verdict" ||
    name === "expect-client-verdict" ||
    name === "expect-resumed-server-verdict" ||
    name === "expect-resumed-client-verdict"
  );
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
