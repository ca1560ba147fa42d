import { murmur3 } from './murmur3.js';

/** One bucket is a hundredth of a percent of the units. */
export const BUCKETS = 10_000;

const RANGE = 2 ** 32;
/** No salt with its id is nearly as long; a longer one is hashed all the same, just slower. */
const SCRATCH_BYTES = 1024;
/** UTF-8 needs at most three bytes for one UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3;

const encoder = new TextEncoder();
const scratch = new Uint8Array(SCRATCH_BYTES);

/**
 * Where a unit stands under a salt, in [0, 1): uniform over units, independent between salts,
 * always the same. The hash is of the UTF-8 text `salt`, line feed, `unitId`; a salt holds no line
 * feed.
 */
export function unitPlace(salt: string, unitId: string): number {
  const text = `${salt}\n${unitId}`;
  if (text.length * BYTES_PER_UNIT_MAX > SCRATCH_BYTES) {
    const bytes = encoder.encode(text);
    return murmur3(bytes, bytes.length, 0) / RANGE;
  }
  return murmur3(scratch, encoder.encodeInto(text, scratch).written, 0) / RANGE;
}

/**
 * A unit's bucket, 0 to 9,999. That 2^32 is no multiple of 10,000 favours a bucket over another by
 * less than three in a million.
 */
export function bucketOf(salt: string, unitId: string): number {
  return Math.floor(unitPlace(salt, unitId) * BUCKETS);
}
