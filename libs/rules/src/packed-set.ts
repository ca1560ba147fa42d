import { hash64, type Hash64 } from './hash64.js';

const SLOTS_MIN = 16;
/** Above half full, linear probing gets slow for values that are not there. */
const LOAD_MAX = 0.5;
/** 2^26 slots: 512 MB, 33 million entries. */
const SLOTS_MAX = 2 ** 26;

/**
 * A set of texts by their 64-bit hashes, with optional expiry: 8 bytes a slot, 16 to 32 bytes an
 * entry, where a Set of strings takes about 250. Two texts are one with probability 2^-64 times the
 * number of entries (5e-14 at a million).
 */
export class PackedSet {
  private pairs: Uint32Array;
  /** Epoch seconds, 0 for never; only made when an entry expires. */
  private expiries: Uint32Array | null = null;
  private entries = 0;
  private readonly hash: Hash64 = { high: 0, low: 0 };

  constructor(entriesExpected = 0) {
    this.pairs = new Uint32Array(slotsFor(entriesExpected) * 2);
  }

  get size(): number {
    return this.entries;
  }

  get bytes(): number {
    return this.pairs.byteLength + (this.expiries?.byteLength ?? 0);
  }

  /**
   * @param expiresAtSeconds Epoch seconds; 0 for never. A value given twice keeps the later expiry.
   */
  add(value: string, expiresAtSeconds = 0): void {
    if ((this.entries + 1) * 2 > this.pairs.length * LOAD_MAX) this.grow();
    this.hashOf(value);
    const slot = this.slotOf(this.hash.high, this.hash.low);
    const isNew = this.isEmpty(slot);
    this.pairs[slot * 2] = this.hash.high;
    this.pairs[slot * 2 + 1] = this.hash.low;
    if (isNew) this.entries += 1;
    if (expiresAtSeconds !== 0 && this.expiries === null) {
      this.expiries = new Uint32Array(this.pairs.length / 2);
    }
    if (this.expiries === null) return;
    const before = isNew ? expiresAtSeconds : this.expiries[slot]!;
    const never = before === 0 || expiresAtSeconds === 0;
    this.expiries[slot] = never ? 0 : Math.max(before, expiresAtSeconds);
  }

  /** @param atMs Epoch ms; an entry that expired by then is not found. NaN asks without a time. */
  has(value: string, atMs: number): boolean {
    this.hashOf(value);
    const slot = this.slotOf(this.hash.high, this.hash.low);
    if (this.isEmpty(slot)) return false;
    if (this.expiries === null) return true;
    const expiresAt = this.expiries[slot]!;
    return expiresAt === 0 || !(atMs >= expiresAt * 1000);
  }

  /** The slot that holds the hash, or the empty one where it would go. */
  private slotOf(high: number, low: number): number {
    const { pairs } = this;
    const mask = pairs.length / 2 - 1;
    let slot = low & mask;
    for (;;) {
      const at = slot * 2;
      const h = pairs[at]!;
      const l = pairs[at + 1]!;
      if ((h === high && l === low) || (h === 0 && l === 0)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private isEmpty(slot: number): boolean {
    return this.pairs[slot * 2] === 0 && this.pairs[slot * 2 + 1] === 0;
  }

  /** (0, 0) marks an empty slot, so the one text in 2^64 that hashes to it is moved aside. */
  private hashOf(value: string): void {
    hash64(value, this.hash);
    if (this.hash.high === 0 && this.hash.low === 0) this.hash.low = 1;
  }

  private grow(): void {
    const { pairs, expiries } = this;
    if (pairs.length >= SLOTS_MAX * 2)
      throw new RangeError('a list holds 33 million values at most');
    this.pairs = new Uint32Array(pairs.length * 2);
    this.expiries = expiries === null ? null : new Uint32Array(pairs.length);
    for (let at = 0; at < pairs.length; at += 2) {
      const high = pairs[at]!;
      const low = pairs[at + 1]!;
      if (high === 0 && low === 0) continue;
      const slot = this.slotOf(high, low);
      this.pairs[slot * 2] = high;
      this.pairs[slot * 2 + 1] = low;
      if (this.expiries !== null) this.expiries[slot] = expiries![at / 2]!;
    }
  }
}

function slotsFor(entries: number): number {
  let slots = SLOTS_MIN;
  while (slots * LOAD_MAX < entries) slots *= 2;
  return slots;
}
