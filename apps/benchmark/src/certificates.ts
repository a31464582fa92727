import { readFileSync } from "node:fs";
import { signHandshake } from "@dtls-cluster/crypto-node";
import type { ConnectOptions, Endpoint, EndpointEvent } from "@dtls-cluster/dtls";
import {
  createCertificateVerifier,
  type HeldCredential,
  PemError,
  readCredential,
  readPublicKeys,
  readTrust,
} from "@dtls-cluster/x509";
import type { OptionValues } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

/** How clients with certificates connect, and what they answer to their endpoint. */
export interface ClientCertificates {
  readonly connect: ConnectOptions;
  answer(endpoint: Endpoint, event: EndpointEvent, now: number): void;
}

/** Undefined without `--trust`. @throws UsageError */
export function readCertificates(values: OptionValues): ClientCertificates | undefined {
  const trustFile = values.text("trust");
  const certFile = values.text("cert");
  const serverName = values.text("server-name");
  if (trustFile === undefined) {
    if (certFile === undefined && serverName === undefined) return undefined;
    const lonely = certFile === undefined ? "server-name" : "cert";
    throw new UsageError(`--${lonely}: --trust is needed, what the server is known by`);
  }
  const own =
    certFile === undefined ? undefined : pem("cert", certFile, (text) => readCredential(text));
  const { trust, publicKeys } = pem("trust", trustFile, readTrusted);
  const verifier = createCertificateVerifier({
    peers: "servers",
    trust,
    publicKeys,
    acceptsAnyName: serverName === undefined,
  });
  return {
    connect: {
      ...(serverName === undefined ? {} : { serverName }),
      serverCertificateTypes: [
        ...(trust.length > 0 ? (["x509"] as const) : []),
        ...(publicKeys.length > 0 ? (["raw-public-key"] as const) : []),
      ],
      credentials: own === undefined ? [] : [own.credential],
    },
    answer(endpoint, event, now) {
      if (event.type === "signature-needed") {
        endpoint.provideSignature(event.connection, sign(own, event), now);
      } else if (event.type === "peer-certificate") {
        const verdict = verifier.judge(event.certificate, event.serverName, Date.now());
        endpoint.judgeCertificate(event.connection, verdict, now);
      }
    },
  };
}

function sign(
  own: HeldCredential | undefined,
  { scheme, data }: Extract<EndpointEvent, { type: "signature-needed" }>,
): Uint8Array | undefined {
  return own && signHandshake(own.key, scheme, data);
}

function readTrusted(text: string): {
  readonly trust: readonly Uint8Array[];
  readonly publicKeys: readonly Uint8Array[];
} {
  const publicKeys = readPublicKeys(text);
  const hasCertificates = publicKeys.length === 0 || text.includes("BEGIN CERTIFICATE");
  return { trust: hasCertificates ? readTrust(text) : [], publicKeys };
}

function pem<T>(option: string, file: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof PemError) {
      throw new UsageError(`--${option} "${file}": it ${error.message}; PEM is accepted`);
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new UsageError(`--${option} "${file}": not readable (${code})`, { cause: error });
  }
}
