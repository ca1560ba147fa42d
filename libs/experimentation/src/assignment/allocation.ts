import { BUCKETS } from './bucket.js';

/** Buckets from `from` up to, not including, `to`. */
export interface BucketRange {
  readonly from: number;
  readonly to: number;
}

/** What one experiment owns of a layer, or one arm of an experiment: ascending, disjoint ranges. */
export interface BucketShare {
  readonly ownerId: string;
  readonly ranges: readonly BucketRange[];
}

/**
 * Who owns which of the 10,000 buckets; a bucket without owner is allowed. Plain data, for storage.
 */
export type Allocation = readonly BucketShare[];

export interface OwnerWeight {
  readonly ownerId: string;
  /** Whole buckets, 0 to 10,000: hundredths of a percent, so that no rounding moves a unit. */
  readonly buckets: number;
}

export type Reallocation =
  | { readonly kind: 'allocated'; readonly allocation: Allocation; readonly movedBuckets: number }
  | {
      readonly kind: 'refused';
      readonly reason: 'WEIGHT_NOT_WHOLE' | 'WEIGHTS_ABOVE_ALL' | 'OWNER_TWICE';
    };

/**
 * Gives owners their new weights and moves the fewest buckets that can do it: owners that shrink
 * let go of their highest buckets, owners that grow take free ones from the lowest, in the order of
 * the weights. An owner whose weight is unchanged keeps exactly its buckets, so the share of units
 * that move is the sum of the increases. An owner without a weight loses all.
 */
export function reallocate(before: Allocation, weights: readonly OwnerWeight[]): Reallocation {
  const wrong = whatIsWrong(weights);
  if (wrong !== null) return { kind: 'refused', reason: wrong };

  const owners = ownersByBucket(before);
  const wanted = new Map(weights.map(({ ownerId, buckets }) => [ownerId, buckets]));
  releaseSurplus(owners, wanted);
  const missing = new Map(wanted);
  for (const owner of owners) {
    if (owner !== null) missing.set(owner, (missing.get(owner) ?? 0) - 1);
  }
  let movedBuckets = 0;
  let free = 0;
  for (const { ownerId } of weights) {
    for (let left = missing.get(ownerId) ?? 0; left > 0; left -= 1) {
      while (owners[free] !== null) free += 1;
      owners[free] = ownerId;
      movedBuckets += 1;
    }
  }
  return { kind: 'allocated', allocation: toShares(owners, weights), movedBuckets };
}

/** The owner of each bucket, null where nobody owns it. */
export function ownersByBucket(allocation: Allocation): (string | null)[] {
  const owners = Array.from<string | null>({ length: BUCKETS }).fill(null);
  for (const { ownerId, ranges } of allocation) {
    for (const { from, to } of ranges) owners.fill(ownerId, from, to);
  }
  return owners;
}

/** How many buckets ranges hold. */
export function bucketCount(ranges: readonly BucketRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + (to - from), 0);
}

function whatIsWrong(
  weights: readonly OwnerWeight[],
): 'WEIGHT_NOT_WHOLE' | 'WEIGHTS_ABOVE_ALL' | 'OWNER_TWICE' | null {
  if (weights.some(({ buckets }) => !Number.isInteger(buckets) || buckets < 0)) {
    return 'WEIGHT_NOT_WHOLE';
  }
  if (weights.reduce((sum, { buckets }) => sum + buckets, 0) > BUCKETS) return 'WEIGHTS_ABOVE_ALL';
  const ids = new Set(weights.map(({ ownerId }) => ownerId));
  return ids.size < weights.length ? 'OWNER_TWICE' : null;
}

function releaseSurplus(owners: (string | null)[], wanted: ReadonlyMap<string, number>): void {
  const kept = new Map<string, number>();
  for (const [bucket, owner] of owners.entries()) {
    if (owner === null) continue;
    const held = kept.get(owner) ?? 0;
    if (held < (wanted.get(owner) ?? 0)) kept.set(owner, held + 1);
    else owners[bucket] = null;
  }
}

function toShares(owners: readonly (string | null)[], weights: readonly OwnerWeight[]): Allocation {
  const ranges = new Map<string, { from: number; to: number }[]>(
    weights.map(({ ownerId }) => [ownerId, []]),
  );
  for (const [bucket, owner] of owners.entries()) {
    if (owner === null) continue;
    const own = ranges.get(owner) ?? [];
    const last = own.at(-1);
    if (last?.to === bucket) last.to = bucket + 1;
    else own.push({ from: bucket, to: bucket + 1 });
  }
  return weights.map(({ ownerId }) => ({ ownerId, ranges: ranges.get(ownerId) ?? [] }));
}
