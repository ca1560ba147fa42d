/** What retention needs to know of a segment; in order of sequence, the last one being written. */
export interface SegmentAge {
  readonly firstSequence: number;
  readonly bytes: number;
  readonly createdMs: number;
}

export interface RetentionBounds {
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly diskBytesMax: number;
  /** Bytes about to be written. */
  readonly incomingBytes: number;
  /** Nothing at or after this sequence may go; null when nobody waits. */
  readonly keepFrom: number | null;
}

export interface RetentionPlan {
  /** How many of the oldest segments to delete. */
  readonly count: number;
  /**
   * False when the bound does not hold even then: what is left is being written or still has to be
   * read.
   */
  readonly fits: boolean;
}

/**
 * Chooses the oldest segments to delete: those past their time, then as many as the disk bound asks
 * for.
 */
export function planRetention(
  segments: readonly SegmentAge[],
  bounds: RetentionBounds,
): RetentionPlan {
  let bytes = bounds.incomingBytes;
  for (const segment of segments) bytes += segment.bytes;
  let count = 0;
  for (; count < segments.length - 1; count += 1) {
    const segment = segments[count];
    const next = segments[count + 1];
    if (segment === undefined || next === undefined) break;
    // The records of a segment are no younger than the start of the next one.
    const expired = next.createdMs < bounds.nowMs - bounds.retentionMs;
    if (!expired && bytes <= bounds.diskBytesMax) break;
    if (bounds.keepFrom !== null && next.firstSequence > bounds.keepFrom) break;
    bytes -= segment.bytes;
  }
  return { count, fits: bytes <= bounds.diskBytesMax };
}
