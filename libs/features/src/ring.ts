import { readU32, readU48 } from './bytes.js';
import {
  CODEC_VERSION,
  findEvent,
  FLAGS_OFFSET,
  recordTimeMs,
  type RecordLayout,
} from './event-record.js';
import type { EventId } from './event-id.js';

/*
 * A stored ring: a header of 12 bytes, then records in order of event time from the head on,
 * wrapping around.
 *   0  codec version, 8 bits
 *   1  layout fingerprint, 24 bits
 *   4  lost until: the event time of the newest record dropped, epoch ms, 48 bits; 0 = none was
 *  10  head: which record is the oldest, 16 bits; a full ring is written over in place
 */
export const RING_HEADER_BYTES = 12;
const LOST_UNTIL_OFFSET = 4;
const HEAD_OFFSET = 10;

/** Some records of an entity: the bytes [start, end) of `bytes`, whole records in order of time. */
export interface RingView {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Events at or before this time may be missing. */
  readonly lostUntilMs: number;
}

export const emptyRing: RingView = { bytes: new Uint8Array(0), start: 0, end: 0, lostUntilMs: 0 };

export type RingReading =
  | { readonly kind: 'ring'; readonly ring: RingView }
  /** Written under another layout or codec, or cut off: nothing of it may be read. */
  | { readonly kind: 'foreign' };

/** Reads the header of a stored ring. Foreign bytes are recognised, never misread. */
export function readRing(stored: Uint8Array, layout: RecordLayout): RingReading {
  if (stored.length < RING_HEADER_BYTES) return { kind: 'foreign' };
  const first = readU32(stored, 0);
  if (first !== ringMark(layout)) return { kind: 'foreign' };
  const bodyBytes = stored.length - RING_HEADER_BYTES;
  const headBytes = ((stored[HEAD_OFFSET]! << 8) | stored[HEAD_OFFSET + 1]!) * layout.size;
  if (bodyBytes % layout.size !== 0 || headBytes > bodyBytes) return { kind: 'foreign' };
  const lostUntilMs = readU48(stored, LOST_UNTIL_OFFSET);
  if (headBytes === 0) {
    const whole = { bytes: stored, start: RING_HEADER_BYTES, end: stored.length, lostUntilMs };
    return { kind: 'ring', ring: whole };
  }
  const bytes = new Uint8Array(bodyBytes);
  const head = RING_HEADER_BYTES + headBytes;
  bytes.set(stored.subarray(head), 0);
  bytes.set(stored.subarray(RING_HEADER_BYTES, head), bodyBytes - headBytes);
  return { kind: 'ring', ring: { bytes, start: 0, end: bodyBytes, lostUntilMs } };
}

/** The first four bytes of a stored ring: codec version and layout fingerprint. */
export function ringMark(layout: RecordLayout): number {
  return ((CODEC_VERSION << 24) | layout.fingerprint) >>> 0;
}

export type AppendOutcome = 'appended' | 'present' | 'too_late';

/** Where records of a ring may be appended: the same numbers for both stores. */
export interface RingLimits {
  readonly layout: RecordLayout;
  readonly eventsMax: number;
  /** Records this much older than the newest are dropped. */
  readonly horizonMs: number;
}

/**
 * A ring that grows in place, for the memory store and the local cache.
 *
 * `view()` stays valid until the next `append`: an append in order of time writes behind the view's
 * end and dropping only moves the start, so that reading needs no copy. The Redis script does the
 * same on strings; the conformance suite holds the two together.
 */
export class GrowingRing {
  /** Read by this module only; everyone else takes a view. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  private lostUntilMs = 0;

  constructor(private readonly limits: RingLimits) {
    this.bytes = new Uint8Array(limits.layout.size * Math.min(limits.eventsMax + 1, 4));
  }

  /** Takes over what another ring of the same layout holds. */
  static from(limits: RingLimits, view: RingView): GrowingRing {
    const ring = new GrowingRing(limits);
    ring.bytes = view.bytes.slice(view.start, view.end);
    ring.end = ring.bytes.length;
    ring.lostUntilMs = view.lostUntilMs;
    return ring;
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  get layout(): RecordLayout {
    return this.limits.layout;
  }

  view(): RingView {
    const { bytes, start, end, lostUntilMs } = this;
    return { bytes, start, end, lostUntilMs };
  }

  /** A view that later appends do not touch. */
  snapshot(): RingView {
    const bytes = this.bytes.slice(this.start, this.end);
    return { bytes, start: 0, end: bytes.length, lostUntilMs: this.lostUntilMs };
  }

  append(record: Uint8Array, id: EventId): AppendOutcome {
    const { layout, eventsMax, horizonMs } = this.limits;
    const size = layout.size;
    if (findEvent(this, size, id) >= 0) return 'present';
    const timeMs = recordTimeMs(record, 0);
    let at = this.end;
    while (at > this.start && recordTimeMs(this.bytes, at - size) > timeMs) at -= size;
    this.insert(record, at);
    const newestMs = recordTimeMs(this.bytes, this.end - size);
    let dropped = 0;
    while (
      this.end - this.start > eventsMax * size ||
      recordTimeMs(this.bytes, this.start) <= newestMs - horizonMs
    ) {
      this.lostUntilMs = Math.max(this.lostUntilMs, recordTimeMs(this.bytes, this.start));
      this.start += size;
      dropped += 1;
    }
    return dropped > 0 && timeMs <= this.lostUntilMs && findEvent(this, size, id) < 0
      ? 'too_late'
      : 'appended';
  }

  /**
   * Inserts at `at`; in place at the end, else into fresh bytes, so that views taken before stay
   * whole.
   */
  private insert(record: Uint8Array, at: number): void {
    const size = this.limits.layout.size;
    const length = this.end - this.start;
    if (at === this.end && this.end + size <= this.bytes.length) {
      this.bytes.set(record, this.end);
      this.end += size;
      return;
    }
    const records = length / size + 1;
    const capacity = Math.min(records * 2, this.limits.eventsMax + GROWTH_RECORDS) + 1;
    const bytes = new Uint8Array(Math.max(capacity, records) * size);
    bytes.set(this.bytes.subarray(this.start, at), 0);
    bytes.set(record, at - this.start);
    bytes.set(this.bytes.subarray(at, this.end), at - this.start + size);
    this.bytes = bytes;
    this.start = 0;
    this.end = length + size;
  }

  /** Changes the flags of an event; null when it is not here, else the flags before. */
  patch(id: EventId, patch: { readonly clear: number; readonly set: number }): number | null {
    const offset = findEvent(this, this.limits.layout.size, id);
    if (offset < 0) return null;
    const at = offset + FLAGS_OFFSET;
    const before = this.bytes[at]!;
    this.bytes[at] = (before & ~patch.clear) | patch.set;
    return before;
  }

  /** Takes an event out again; false when it is not here. */
  remove(id: EventId): boolean {
    const size = this.limits.layout.size;
    const offset = findEvent(this, size, id);
    if (offset < 0) return false;
    const bytes = new Uint8Array(this.bytes.length);
    bytes.set(this.bytes.subarray(this.start, offset), 0);
    bytes.set(this.bytes.subarray(offset + size, this.end), offset - this.start);
    this.end -= this.start + size;
    this.bytes = bytes;
    this.start = 0;
    return true;
  }
}

/** Room behind a full ring, so that it is copied once in so many appends, not each time. */
const GROWTH_RECORDS = 32;
