import {
  constants,
  createPublicKey,
  type KeyObject,
  sign,
  type VerifyKeyObjectInput,
  verify,
  X509Certificate,
} from "node:crypto";
import type {
  CertificateType,
  PublicKey,
  PublicKeyAlgorithm,
  SignatureScheme,
} from "@dtls-cluster/dtls";

/** RSA keys below are weak, above they only cost time. */
const rsaBits = { least: 2048, most: 4096 };

interface Signing {
  /** Of OpenSSL; null where the algorithm brings its own. */
  readonly hash: "sha256" | "sha384" | null;
  readonly key: "ec" | "ed25519" | "rsa";
  readonly options: Omit<VerifyKeyObjectInput, "key">;
}

const signings: Readonly<Record<SignatureScheme, Signing>> = {
  ecdsa_secp256r1_sha256: { hash: "sha256", key: "ec", options: { dsaEncoding: "der" } },
  ecdsa_secp384r1_sha384: { hash: "sha384", key: "ec", options: { dsaEncoding: "der" } },
  ed25519: { hash: null, key: "ed25519", options: {} },
  rsa_pkcs1_sha256: {
    hash: "sha256",
    key: "rsa",
    options: { padding: constants.RSA_PKCS1_PADDING },
  },
  rsa_pss_rsae_sha256: {
    hash: "sha256",
    key: "rsa",
    options: {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    },
  },
};

/** Signs what an endpoint's event "signature-needed" asks for. @throws when the key does not fit the scheme. */
export function signHandshake(
  privateKey: KeyObject,
  scheme: SignatureScheme,
  data: Uint8Array,
): Uint8Array {
  const { hash, key, options } = signings[scheme];
  if (privateKey.asymmetricKeyType !== key) {
    throw new TypeError(`a key of type ${privateKey.asymmetricKeyType} cannot sign ${scheme}`);
  }
  return new Uint8Array(sign(hash, data, { key: privateKey, ...options }));
}

/** The key of a certificate or of a raw public key; undefined for what is weak, unknown or no key at all. */
export function publicKeyOf(type: CertificateType, der: Uint8Array): PublicKey | undefined {
  const key = parseKey(type, der);
  const algorithm = key && algorithmOf(key);
  if (key === undefined || algorithm === undefined) return undefined;
  return {
    algorithm,
    verify(scheme, data, signature) {
      const signing = signings[scheme];
      if (key.asymmetricKeyType !== signing.key) return false;
      try {
        return verify(signing.hash, data, { key, ...signing.options }, signature);
      } catch {
        return false;
      }
    },
  };
}

function parseKey(type: CertificateType, der: Uint8Array): KeyObject | undefined {
  // node:crypto would take PEM text, too, and let bytes behind the structure pass.
  if (der[0] !== 0x30) return undefined;
  try {
    if (type === "x509") {
      const certificate = new X509Certificate(der);
      return certificate.raw.length === der.length ? certificate.publicKey : undefined;
    }
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return key.export({ format: "der", type: "spki" }).length === der.length ? key : undefined;
  } catch {
    return undefined;
  }
}

function algorithmOf(key: KeyObject): PublicKeyAlgorithm | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      if (namedCurve === "prime256v1") return "secp256r1";
      return namedCurve === "secp384r1" ? "secp384r1" : undefined;
    case "ed25519":
      return "ed25519";
    case "rsa":
      return modulusLength >= rsaBits.least && modulusLength <= rsaBits.most ? "rsa" : undefined;
    default:
      return undefined;
  }
}
