import type { Connection, Endpoint } from "@dtls-cluster/dtls";
import { clusterMacKeys, type FrameHmac } from "@dtls-cluster/wire";
import type { SecureChannelOptions } from "./options.ts";

/** The MACs of the frames to and from a node, from one association. */
export interface FrameKeys {
  readonly write: FrameHmac;
  readonly read: FrameHmac;
}

/** Draws the frame keys of an association; undefined when it is over. */
export function deriveFrameKeys(
  dtls: Endpoint,
  connection: Connection,
  frameHmac: SecureChannelOptions["frameHmac"],
): FrameKeys | undefined {
  const block = dtls.keyBlock(connection, 2);
  if (block === undefined) return undefined;
  const { bytes, hash, keyLength, fixedIvLength } = block;
  const keys = clusterMacKeys(bytes, {
    macKey: 0,
    encryptionKey: keyLength,
    fixedIv: fixedIvLength,
  });
  const client = frameHmac(hash, keys.client);
  const server = frameHmac(hash, keys.server);
  for (const secret of [bytes, keys.client, keys.server]) secret.fill(0);
  return connection.role === "client"
    ? { write: client, read: server }
    : { write: server, read: client };
}
