/*
 * Californium leaves out what it does not need to go on: the master secret of a session without an id, and the hellos'
 * randoms unless keys are to be exported. ConnectionState has no place for "unknown".
 */

/** Stands for a random that was not saved. */
export function unknownRandom(): Uint8Array {
  return new Uint8Array(32);
}

export function isUnknownRandom(random: Uint8Array): boolean {
  return random.every((byte) => byte === 0);
}

const HALF = 24;

/**
 * Stands for a master secret that was not saved: made of the connection's keys, so that it is as secret as they are, and
 * that two sessions never seem to be one. Nothing that is derived from it is what the peer derives.
 */
export function standInMasterSecret(clientKey: Uint8Array, serverKey: Uint8Array): Uint8Array {
  const secret = new Uint8Array(2 * HALF);
  secret.set(clientKey.subarray(0, HALF), 0);
  secret.set(serverKey.subarray(0, HALF), HALF);
  return secret;
}

export function isStandIn(
  masterSecret: Uint8Array,
  clientKey: Uint8Array,
  serverKey: Uint8Array,
): boolean {
  const standIn = standInMasterSecret(clientKey, serverKey);
  let difference = masterSecret.length ^ standIn.length;
  for (let i = 0; i < standIn.length; i += 1)
    difference |= (standIn[i] ?? 0) ^ (masterSecret[i] ?? 0);
  return difference === 0;
}
