import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import type { ConnectionState } from "./connection-state.ts";
import { unpackSecrets } from "./session-secrets.ts";

/** A copy of everything that goes on with the connection; undefined unless it is connected. */
export function exportState(
  core: EndpointCore,
  association: Association,
  now: number,
): ConnectionState | undefined {
  const { suite, sealer, opener, path } = association;
  if (association.phase !== "connected" || core.isSealedForEver) return undefined;
  if (suite === undefined || sealer === undefined || opener === undefined) return undefined;
  const { window } = opener;
  return {
    role: association.role,
    cipherSuite: suite.id,
    extendedMasterSecret: association.extendedMasterSecret,
    ...unpackSecrets(core.secrets.view(association.secretSlot), suite.keyLength),
    sessionId: new Uint8Array(0),
    readConnectionId: copyOrNone(association.readConnectionId),
    writeConnectionId: copyOrNone(association.writeConnectionId),
    peer: { address: path.address, port: path.port },
    pskIdentity: association.pskIdentity,
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
    ...unconfirmedFlight(association),
  };
}

function unconfirmedFlight({
  lastFlight,
}: Association): Pick<ConnectionState, "unconfirmedFlight"> {
  for (const item of lastFlight?.items ?? []) {
    if (item.kind !== "message" || lastFlight === undefined) continue;
    const { messageSequence, body } = item.message;
    const nextPlainSequence = lastFlight.plainWriter.nextSequence;
    return {
      unconfirmedFlight: { messageSequence, verifyData: copyBytes(body), nextPlainSequence },
    };
  }
  return {};
}

function copyOrNone(cid: Uint8Array | undefined): Uint8Array | undefined {
  return cid === undefined ? undefined : copyBytes(cid);
}
