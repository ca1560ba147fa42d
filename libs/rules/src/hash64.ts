/** Where `hash64` leaves its two halves: one call, no allocation. */
export interface Hash64 {
  high: number;
  low: number;
}

/**
 * A 64-bit hash of a text in two 32-bit halves, by two multiplicative lanes and murmur3's
 * finalizer. Fast and well spread, not cryptographic: personal values come here as keyed hashes
 * already, which nobody outside can choose.
 *
 * @see Appleby, MurmurHash3 (public domain), for the finalizer's constants.
 */
export function hash64(text: string, out: Hash64): void {
  let high = 0x9e3779b9 | 0;
  let low = 0x85ebca6b | 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x85ebca77);
    low = Math.imul(low ^ unit, 0xc2b2ae3d);
    high = (high << 13) | (high >>> 19);
    low = (low << 17) | (low >>> 15);
  }
  high ^= text.length;
  const mixedHigh = finalize(high ^ Math.imul(low, 0x27d4eb2f));
  const mixedLow = finalize(low ^ Math.imul(mixedHigh, 0x165667b1));
  out.high = mixedHigh >>> 0;
  out.low = mixedLow >>> 0;
}

function finalize(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
