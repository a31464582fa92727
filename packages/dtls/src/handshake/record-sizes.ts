import type { Association } from "../association.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import { DtlsError } from "../errors.ts";
import { maximumPlaintextLength } from "../record/record-header.ts";
import { type Extension, ExtensionType, findExtension } from "./extensions/extension.ts";
import {
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  maxFragmentLengthExtension,
  recordSizeLimitExtension,
} from "./extensions/record-sizes.ts";

/** What two hellos say about the sizes of records; undefined stands for 2^14 bytes of content both ways. */
export type RecordSizes =
  /** Plaintexts of protected records, with the content type that is inside beside a CID (RFC 8449 section 4). */
  | { readonly kind: "record-size-limit"; readonly sent: number; readonly received: number }
  /** Contents of all records, both ways (RFC 6066 section 4). */
  | { readonly kind: "max-fragment-length"; readonly length: number };

/** What a client asks for. A server that knows record_size_limit ignores the other one (RFC 8449 section 5). */
export function offeredSizes(config: EndpointConfig): readonly Extension[] {
  const { recordSizeLimit, maxFragmentLength } = config;
  const extensions: Extension[] = [];
  if (maxFragmentLength !== undefined) {
    extensions.push(maxFragmentLengthExtension(maxFragmentLength));
  }
  if (recordSizeLimit !== undefined) extensions.push(recordSizeLimitExtension(recordSizeLimit));
  return extensions;
}

/** The server's choice from a client's offer. @throws DtlsError or DecodeError */
export function chooseSizes(
  offered: readonly Extension[],
  config: EndpointConfig,
): RecordSizes | undefined {
  const limit = findExtension(offered, ExtensionType.recordSizeLimit);
  if (limit !== undefined) {
    const sent = decodeRecordSizeLimit(limit);
    return { kind: "record-size-limit", sent, received: ownLimit(config) };
  }
  const length = findExtension(offered, ExtensionType.maxFragmentLength);
  if (length === undefined) return undefined;
  return { kind: "max-fragment-length", length: decodeMaxFragmentLength(length) };
}

/** The server's answer. */
export function answeredSizes(sizes: RecordSizes | undefined): readonly Extension[] {
  if (sizes === undefined) return [];
  return sizes.kind === "record-size-limit"
    ? [recordSizeLimitExtension(sizes.received)]
    : [maxFragmentLengthExtension(sizes.length)];
}

/** The client's check of the answer, of which every extension was offered. @throws DtlsError or DecodeError */
export function acceptSizes(
  answered: readonly Extension[],
  config: EndpointConfig,
): RecordSizes | undefined {
  const limit = findExtension(answered, ExtensionType.recordSizeLimit);
  const length = findExtension(answered, ExtensionType.maxFragmentLength);
  if (limit !== undefined && length !== undefined) {
    // RFC 8449 section 5.
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server limits the sizes of records twice");
  }
  if (limit !== undefined) {
    const sent = decodeRecordSizeLimit(limit);
    return { kind: "record-size-limit", sent, received: ownLimit(config) };
  }
  if (length === undefined) return undefined;
  const agreed = decodeMaxFragmentLength(length);
  if (agreed !== config.maxFragmentLength) {
    // RFC 6066 section 4.
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server changes max_fragment_length");
  }
  return { kind: "max-fragment-length", length: agreed };
}

/** From here on the association keeps to the sizes. Both CIDs are known. */
export function applySizes(association: Association, sizes: RecordSizes | undefined): void {
  if (sizes === undefined) return;
  const innerType = association.readConnectionId === undefined ? 0 : 1;
  if (sizes.kind === "record-size-limit") {
    association.maxSentPlaintext = sizes.sent;
    association.maxReceivedPlaintext = sizes.received;
  } else {
    association.contentLimit = sizes.length;
    association.maxReceivedPlaintext = sizes.length + innerType;
  }
}

function ownLimit({ recordSizeLimit }: EndpointConfig): number {
  return recordSizeLimit ?? maximumPlaintextLength;
}
