import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { PeerCertificate } from "../credential.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { MessageType } from "../handshake/message-type.ts";
import { longestPlaintext } from "../protection/opened-record.ts";
import { maximumPlaintextLength } from "../record/record-header.ts";
import type { ConnectionState, UnconfirmedFlight } from "./connection-state.ts";
import { unpackSecrets } from "./session-secrets.ts";

const NO_BYTES = new Uint8Array(0);

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
  const secrets = unpackSecrets(core.secrets.view(association.secretSlot), suite);
  // One literal without spreading: a handover takes as many of these as there are connections.
  const state: ConnectionState = {
    role: association.role,
    cipherSuite: suite.id,
    extendedMasterSecret: association.extendedMasterSecret,
    masterSecret: secrets.masterSecret,
    clientRandom: secrets.clientRandom,
    serverRandom: secrets.serverRandom,
    sessionId: NO_BYTES,
    clientWriteKey: secrets.clientWriteKey,
    serverWriteKey: secrets.serverWriteKey,
    clientWriteIv: secrets.clientWriteIv,
    serverWriteIv: secrets.serverWriteIv,
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
  };
  const flight = unconfirmedFlight(association);
  const { peerCertificate, contentLimit, checksPath, maxSentPlaintext, maxReceivedPlaintext } =
    association;
  const isSendingLess = contentLimit < maximumPlaintextLength;
  const isTakingLess = maxReceivedPlaintext < longestPlaintext;
  const hasLimits = isSendingLess || isTakingLess;
  if (flight === undefined && peerCertificate === undefined && !hasLimits && !checksPath) {
    return state;
  }
  return {
    ...state,
    ...(flight && { unconfirmedFlight: flight }),
    ...(peerCertificate && { peerCertificate: copyCertificate(peerCertificate) }),
    ...(isSendingLess && { maxSentPlaintext }),
    ...(isTakingLess && { maxReceivedPlaintext }),
    ...(checksPath && { checksPath }),
  };
}

function copyCertificate({ type, chain }: PeerCertificate): PeerCertificate {
  return { type, chain: chain.map(copyBytes) };
}

function unconfirmedFlight({ lastFlight }: Association): UnconfirmedFlight | undefined {
  if (lastFlight === undefined) return undefined;
  const { nextSequence: nextPlainSequence } = lastFlight.plainWriter;
  let ticket: Uint8Array | undefined;
  for (const item of lastFlight.items) {
    if (item.kind !== "message") continue;
    const { type, messageSequence, body } = item.message;
    const copy = copyBytes(body);
    if (type === MessageType.newSessionTicket) ticket = copy;
    if (type !== MessageType.finished) continue;
    const flight = { messageSequence, verifyData: copy, nextPlainSequence };
    return ticket === undefined ? flight : { ...flight, newSessionTicket: ticket };
  }
  return undefined;
}

function copyOrNone(cid: Uint8Array | undefined): Uint8Array | undefined {
  return cid === undefined ? undefined : copyBytes(cid);
}
