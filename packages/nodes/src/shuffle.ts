/** Puts `items` into a random order, in place. */
export function shuffle<T>(items: T[], entropy: { fill(target: Uint8Array): void }): T[] {
  const random = new Uint8Array(4 * items.length);
  entropy.fill(random);
  const view = new DataView(random.buffer);
  for (let index = items.length - 1; index > 0; index--) {
    const other = view.getUint32(4 * index) % (index + 1);
    const item = items[index] as T;
    items[index] = items[other] as T;
    items[other] = item;
  }
  return items;
}
