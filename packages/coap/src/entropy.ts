/** Source of unpredictable bytes. */
export interface Entropy {
  fill(target: Uint8Array): void;
}
