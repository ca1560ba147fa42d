import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { hash64, type Hash64 } from './hash64.js';
import { PackedSet } from './packed-set.js';

/** What the set must say, kept in a Map; the later expiry counts, 0 is never. */
class Model {
  private readonly expiries = new Map<string, number>();

  add(value: string, expiresAt: number): void {
    const before = this.expiries.get(value);
    const never = before === 0 || expiresAt === 0;
    this.expiries.set(value, never ? 0 : Math.max(before ?? 0, expiresAt));
  }

  has(value: string, atMs: number): boolean {
    const expiresAt = this.expiries.get(value);
    return expiresAt !== undefined && (expiresAt === 0 || atMs < expiresAt * 1_000);
  }

  get size(): number {
    return this.expiries.size;
  }
}

describe('a packed set', () => {
  test('says what a Map of texts to expiries says', () => {
    const text = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('', 'a', 'b', '😀'));
    const entry = fc.tuple(text, fc.constantFrom(0, 10, 20, 4_294_967_295));
    const question = fc.tuple(text, fc.constantFrom(0, 9_999, 10_000, 20_000, 2 ** 42));
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 200 }),
        fc.array(question, { maxLength: 50 }),
        fc.nat(64),
        (entries, questions, expected) => {
          const set = new PackedSet(expected);
          const model = new Model();
          for (const [value, expiresAt] of entries) {
            set.add(value, expiresAt);
            model.add(value, expiresAt);
          }
          expect(set.size).toBe(model.size);
          const asked = [...questions, ...entries.map(([value]) => [value, 15_000] as const)];
          for (const [value, atMs] of asked) {
            expect(set.has(value, atMs)).toBe(model.has(value, atMs));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('holds a quarter of a million values and no other, in 16 to 32 bytes each', () => {
    const count = 250_000;
    const set = new PackedSet();
    for (let nth = 0; nth < count; nth += 1) set.add(`card-${nth}`);
    let found = 0;
    let mistaken = 0;
    for (let nth = 0; nth < count; nth += 1) {
      if (set.has(`card-${nth}`, 0)) found += 1;
      if (set.has(`card-${nth + count}`, 0)) mistaken += 1;
    }
    expect([set.size, found, mistaken]).toEqual([count, count, 0]);
    expect(set.bytes / count).toBeGreaterThanOrEqual(16);
    expect(set.bytes / count).toBeLessThanOrEqual(34);
  });

  test('finds an expired entry where it is not asked for a time', () => {
    const set = new PackedSet();
    set.add('a', 10);
    expect([set.has('a', Number.NaN), set.has('a', 10_000)]).toEqual([true, false]);
  });
});

/** Pearson's statistic; with 255 degrees of freedom chance passes 400 once in 10^8 times. */
function chiSquared(counts: Uint32Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('the hash', () => {
  const samples = 200_000;

  test.each([
    ['numbered texts', (nth: number) => `customer-${nth}`],
    ['texts that differ in their middle', (nth: number) => `a${nth}@shop.example`],
    ['short texts', (nth: number) => nth.toString(36)],
  ])('spreads %s evenly over every byte', (_, textOf) => {
    const counts = Array.from({ length: 8 }, () => new Uint32Array(256));
    const hash: Hash64 = { high: 0, low: 0 };
    for (let nth = 0; nth < samples; nth += 1) {
      hash64(textOf(nth), hash);
      for (let byte = 0; byte < 8; byte += 1) {
        const half = byte < 4 ? hash.high : hash.low;
        counts[byte]![(half >>> ((byte % 4) * 8)) & 0xff]! += 1;
      }
    }
    for (const count of counts) expect(chiSquared(count)).toBeLessThan(400);
  });
});
