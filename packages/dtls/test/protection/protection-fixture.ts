import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { type CipherSuite, cipherSuites } from "../../src/crypto/cipher-suites.ts";
import type { AeadKey } from "../../src/crypto/provider.ts";
import { RecordOpener, RecordSealer, ReplayWindow } from "../../src/protection/index.ts";
import { ContentType, RecordCursor } from "../../src/record/index.ts";

const crypto = createNodeCrypto();
export const iv = Uint8Array.of(0xf1, 2, 3, 4);
export const ccm8 = cipherSuites.find(({ aead }) => aead === "aes-128-ccm-8") as CipherSuite;

export function keyOf(suite: CipherSuite): AeadKey {
  return crypto.aeadKey(suite.aead, new Uint8Array(suite.keyLength).fill(7));
}

interface Options {
  readonly suite?: CipherSuite;
  readonly connectionId?: Uint8Array;
  readonly nextSequence?: number;
  readonly sealed?: number;
  readonly forgeries?: number;
}

export function sealerFor({
  suite = ccm8,
  connectionId,
  nextSequence = 0,
  sealed = 0,
}: Options = {}) {
  return new RecordSealer({
    suite,
    key: keyOf(suite),
    iv,
    epoch: 1,
    connectionId,
    nextSequence,
    sealed,
  });
}

export function openerFor({ suite = ccm8, connectionId, forgeries = 0 }: Options = {}) {
  const window = new ReplayWindow();
  return new RecordOpener({
    suite,
    key: keyOf(suite),
    iv,
    epoch: 1,
    connectionId,
    window,
    forgeries,
  });
}

export function cursorOn(datagram: Uint8Array, connectionIdLength = 0): RecordCursor {
  const cursor = new RecordCursor(connectionIdLength);
  cursor.start(datagram);
  cursor.next();
  return cursor;
}

export function sealed(
  sealer: RecordSealer,
  content: Uint8Array,
  type: number = ContentType.applicationData,
) {
  return sealer.sealDatagram(type, content) ?? new Uint8Array(0);
}
