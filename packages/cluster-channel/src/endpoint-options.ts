import type { EndpointOptions } from "@dtls-cluster/dtls";
import { ClusterChannelUsageError } from "./errors.ts";
import type { SecureChannelOptions } from "./options.ts";

/** The mandatory suite of constrained devices first, since every Californium node has it. */
const cipherSuites = [
  "TLS_PSK_WITH_AES_128_CCM_8",
  "TLS_PSK_WITH_AES_128_GCM_SHA256",
  "TLS_PSK_WITH_AES_128_CCM",
  "TLS_PSK_WITH_AES_256_GCM_SHA384",
  "TLS_PSK_WITH_AES_256_CCM",
  "TLS_PSK_WITH_AES_256_CCM_8",
];
/** What a handshake between nodes may take: four flights, each sent four times at most. */
const handshakeLifetimeMs = 5000;
const maxHandshakes = 256;

/** The DTLS side: Californium's timing (500 ms, three repetitions, no back-off), its limits, both roles. */
export function endpointOptions(options: SecureChannelOptions, maxPeers: number): EndpointOptions {
  const { crypto, entropy, identity, secret, layout } = options;
  if (identity.length < 1 || identity.length > 128) {
    throw new ClusterChannelUsageError(
      `the identity has ${identity.length} bytes, but must have 1 to 128`,
    );
  }
  if (secret.length < 1 || secret.length > 512) {
    throw new ClusterChannelUsageError(
      `the secret has ${secret.length} bytes, but must have 1 to 512`,
    );
  }
  return {
    crypto,
    entropy,
    role: "both",
    cipherSuites,
    connectionId: { length: layout.length, fill: (target) => layout.fill(target) },
    retransmissionTimeoutMs: 500,
    maxRetransmissionTimeoutMs: 500,
    maxRetransmissions: 3,
    // Nodes do not move: a new address is a new process.
    followsPath: false,
    limits: { maxConnections: 2 * maxPeers, maxHandshakes, handshakeLifetimeMs },
  };
}
