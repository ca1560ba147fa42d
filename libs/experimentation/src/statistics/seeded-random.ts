const STEP = 0x6d2b79f5;
const RANGE = 2 ** 32;

/**
 * Uniform numbers in [0, 1), the same for the same seed: mulberry32, whose period of 2^32 is enough
 * for a bootstrap of some ten million draws.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + STEP) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / RANGE;
  };
}
