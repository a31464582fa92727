/** An input of several datagrams: each has its length in two bytes in front, the last may be cut. */
export function chunksOf(input: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at + 2 <= input.length; ) {
    const length = ((input[at] as number) << 8) | (input[at + 1] as number);
    // Memory of its own: the code under test must not need what stands around it.
    chunks.push(Uint8Array.from(input.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return chunks;
}

/** The input for several datagrams. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const input = new Uint8Array(chunks.reduce((sum, chunk) => sum + 2 + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    input[at] = chunk.length >> 8;
    input[at + 1] = chunk.length;
    input.set(chunk, at + 2);
    at += 2 + chunk.length;
  }
  return input;
}
