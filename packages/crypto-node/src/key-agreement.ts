import {
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import type { GroupName, KeyAgreement } from "@dtls-cluster/dtls";

/** A new key pair of the group. */
export function createKeyAgreement(group: GroupName): KeyAgreement {
  switch (group) {
    case "x25519":
      return new MontgomeryAgreement();
    case "secp256r1":
      return curveAgreement("prime256v1");
    case "secp384r1":
      return curveAgreement("secp384r1");
  }
}

function curveAgreement(curve: string): KeyAgreement {
  const ecdh = createECDH(curve);
  const publicKey = new Uint8Array(ecdh.generateKeys());
  let isUsed = false;
  return {
    publicKey,
    agree(peer) {
      if (isUsed) throw new Error("the private key was used already");
      isUsed = true;
      // Compressed and hybrid points parse as well, but no peer may send them (RFC 8422 section 5.4.1).
      if (peer.length !== publicKey.length || peer[0] !== 4) return undefined;
      try {
        return new Uint8Array(ecdh.computeSecret(peer));
      } catch {
        return undefined;
      }
    },
  };
}

/** What stands before the 32 bytes of an X25519 key in a SubjectPublicKeyInfo (RFC 8410 section 4). */
const spkiPrefix = Buffer.from("302a300506032b656e032100", "hex");

class MontgomeryAgreement implements KeyAgreement {
  readonly publicKey: Uint8Array;
  #privateKey: KeyObject | undefined;

  constructor() {
    const pair = generateKeyPairSync("x25519");
    const spki = pair.publicKey.export({ format: "der", type: "spki" });
    this.publicKey = new Uint8Array(spki.subarray(spkiPrefix.length));
    this.#privateKey = pair.privateKey;
  }

  agree(peer: Uint8Array): Uint8Array | undefined {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw new Error("the private key was used already");
    this.#privateKey = undefined;
    if (peer.length !== 32) return undefined;
    try {
      const key = Buffer.concat([spkiPrefix, peer]);
      const publicKey = createPublicKey({ key, format: "der", type: "spki" });
      const secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
      return secret.some((byte) => byte !== 0) ? secret : undefined;
    } catch {
      return undefined;
    }
  }
}
