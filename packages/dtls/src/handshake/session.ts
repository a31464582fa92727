import type { Association } from "../association.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import {
  deriveKeyBlock,
  extendedMasterSecret,
  masterSecret,
  verifyData,
} from "../crypto/key-schedule.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { RecordOpener } from "../protection/record-opener.ts";
import { RecordSealer } from "../protection/record-sealer.ts";
import { ReplayWindow } from "../protection/replay-window.ts";
import { packSecrets, type UnpackedSecrets } from "../state/session-secrets.ts";
import type { Agreement } from "./negotiate.ts";
import type { Transcript } from "./transcript.ts";

/** Where the records of a session go on. */
export interface SessionPosition {
  readonly writeEpoch: number;
  readonly nextWriteSequence: number;
  readonly sealed: number;
  readonly readEpoch: number;
  readonly window: ReplayWindow;
}

/** The hellos' random values. */
export interface Randoms {
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

/**
 * Derives the master secret (RFC 5246 section 8.1, RFC 7627 section 4) from a transcript that ends with ClientKeyExchange,
 * and wipes the premaster secret.
 */
export function deriveMasterSecret(
  { config: { crypto } }: EndpointCore,
  agreement: Agreement,
  randoms: Randoms,
  premaster: Uint8Array,
  transcript: Transcript,
): Uint8Array {
  const { suite } = agreement;
  const { clientRandom, serverRandom } = randoms;
  const master = agreement.extendedMasterSecret
    ? extendedMasterSecret(
        crypto,
        suite.hash,
        premaster,
        crypto.hash(suite.hash, transcript.bytes()),
      )
    : masterSecret(crypto, suite.hash, premaster, clientRandom, serverRandom);
  premaster.fill(0);
  return master;
}

/** What a server signs: both random values and its ephemeral key (RFC 8422 section 5.4). */
export function signedParameters(randoms: Randoms, encodedParameters: Uint8Array): Uint8Array {
  const data = new Uint8Array(64 + encodedParameters.length);
  data.set(randoms.clientRandom);
  data.set(randoms.serverRandom, 32);
  data.set(encodedParameters, 64);
  return data;
}

/** Gives the association the keys of a new session; it keeps copies of the secrets. */
export function startSession(
  core: EndpointCore,
  association: Association,
  agreement: Agreement,
  randoms: Randoms,
  master: Uint8Array,
): void {
  const { crypto, keyLog } = core.config;
  const { suite } = agreement;
  const { clientRandom, serverRandom } = randoms;
  const keys = deriveKeyBlock(crypto, suite, master, clientRandom, serverRandom);
  const secrets = { masterSecret: master, clientRandom, serverRandom, ...keys };
  installSession(core, association, suite, secrets, agreement.extendedMasterSecret, {
    writeEpoch: 1,
    nextWriteSequence: core.minimumSequence,
    sealed: 0,
    readEpoch: 1,
    window: new ReplayWindow(),
  });
  for (const key of Object.values(keys)) (key as Uint8Array).fill(0);
  if (keyLog !== undefined) keyLog(`CLIENT_RANDOM ${hex(clientRandom)} ${hex(master)}`);
}

/** Gives an association its keys; copies what it keeps. */
export function installSession(
  core: EndpointCore,
  association: Association,
  suite: CipherSuite,
  secrets: UnpackedSecrets,
  usesExtendedMasterSecret: boolean,
  position: SessionPosition,
): void {
  const { crypto } = core.config;
  const isClient = association.role === "client";
  association.suite = suite;
  association.extendedMasterSecret = usesExtendedMasterSecret;
  association.secretSlot = core.secrets.take();
  packSecrets(secrets, core.secrets.view(association.secretSlot));
  association.sealer = new RecordSealer({
    suite,
    key: crypto.aeadKey(suite.aead, isClient ? secrets.clientWriteKey : secrets.serverWriteKey),
    iv: isClient ? secrets.clientWriteIv : secrets.serverWriteIv,
    epoch: position.writeEpoch,
    connectionId: association.writeConnectionId,
    nextSequence: position.nextWriteSequence,
    sealed: position.sealed,
  });
  association.opener = new RecordOpener({
    // The association counts forgeries itself: a record may be tried on several of one address.
    suite: { ...suite, forgeryLimit: Number.POSITIVE_INFINITY },
    key: crypto.aeadKey(suite.aead, isClient ? secrets.serverWriteKey : secrets.clientWriteKey),
    iv: isClient ? secrets.serverWriteIv : secrets.clientWriteIv,
    epoch: position.readEpoch,
    connectionId: association.readConnectionId,
    window: position.window,
    maxPlaintext: association.maxReceivedPlaintext,
  });
}

/** The body of `sender`'s Finished after this transcript (RFC 5246 section 7.4.9). */
export function finishedBody(
  config: EndpointConfig,
  agreement: Agreement,
  master: Uint8Array,
  sender: "client" | "server",
  transcript: Transcript,
): Uint8Array {
  const { hash } = agreement.suite;
  const { crypto } = config;
  return verifyData(crypto, hash, master, sender, crypto.hash(hash, transcript.bytes()));
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
