const SEQUENCE = 0x30;

/** The certificates of a PkiPath (ITU-T X.509 section 7.4), in its order; undefined when it is not one. */
export function certificatesOf(path: Uint8Array): readonly Uint8Array[] | undefined {
  const outer = sequenceAt(path, 0);
  if (outer?.end !== path.length) return undefined;
  const certificates: Uint8Array[] = [];
  let at = outer.content;
  while (at < outer.end) {
    const inner = sequenceAt(path, at);
    if (inner === undefined) return undefined;
    certificates.push(path.slice(at, inner.end));
    at = inner.end;
  }
  return certificates;
}

/** A PkiPath of DER certificates. */
export function pkiPathOf(certificates: readonly Uint8Array[]): Uint8Array {
  const length = certificates.reduce((sum, der) => sum + der.length, 0);
  const header = [SEQUENCE, ...lengthOctets(length)];
  const path = new Uint8Array(header.length + length);
  path.set(header);
  let at = header.length;
  for (const der of certificates) {
    path.set(der, at);
    at += der.length;
  }
  return path;
}

function sequenceAt(
  bytes: Uint8Array,
  at: number,
): { readonly content: number; readonly end: number } | undefined {
  if (bytes[at] !== SEQUENCE) return undefined;
  const first = bytes[at + 1] ?? 0x80;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || extra > 2) return undefined;
  let length = extra === 0 ? first : 0;
  for (let i = 0; i < extra; i += 1) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  const content = at + 2 + extra;
  const end = content + length;
  return end > bytes.length ? undefined : { content, end };
}

/** X.690 section 8.1.3, in the shortest form. */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}
