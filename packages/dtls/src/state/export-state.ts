import type { Association } from "../association.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import type { ConnectionState } from "./connection-state.ts";
import { unpackSecrets } from "./session-secrets.ts";

/** A copy of everything that goes on with the connection; undefined unless it is connected. */
export function exportState(
  core: EndpointCore,
  association: Association,
  now: number,
): ConnectionState | undefined {
  const { suite, sealer, opener, secrets, path } = association;
  if (association.phase !== "connected" || core.isSealedForEver) return undefined;
  if (suite === undefined || sealer === undefined || opener === undefined) return undefined;
  if (secrets === undefined) return undefined;
  const { window } = opener;
  return {
    role: association.role,
    cipherSuite: suite.id,
    extendedMasterSecret: secrets.extendedMasterSecret,
    ...unpackSecrets(secrets.packed),
    sessionId: new Uint8Array(0),
    readConnectionId: association.readConnectionId?.slice(),
    writeConnectionId: association.writeConnectionId?.slice(),
    peer: { address: path.address, port: path.port },
    pskIdentity: association.pskIdentity.slice(),
    writeEpoch: sealer.epoch,
    nextWriteSequence: sealer.nextSequence,
    sealedRecords: sealer.sealed,
    readEpoch: opener.epoch,
    newestReadSequence: window.newest,
    replayWindow: [window.low, window.high],
    forgeries: association.forgeries,
    establishedAt: association.establishedAt,
    idleMs: Math.max(0, now - association.lastReceivedAt),
    mtu: association.mtu,
  };
}
