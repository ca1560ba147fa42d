import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HistorySpan } from '#store/postgres/decision-history.js';
import { stretchBefore } from './stretches.js';

function stretches(fromMs: number, untilMs: number): HistorySpan[] {
  const found: HistorySpan[] = [];
  for (let doneFromMs = untilMs; ;) {
    const stretch = stretchBefore(doneFromMs, { fromMs, untilMs });
    if (stretch === null) return found;
    found.push(stretch);
    doneFromMs = stretch.fromMs;
  }
}

const at = (text: string) => Date.parse(text);

test('the last hour comes first, then the rest of the day, then one day after the other', () => {
  const found = stretches(at('2026-11-21T12:00Z'), at('2026-11-23T10:30Z'));
  const hours = found.map(({ fromMs, toMs }) => (toMs - fromMs) / 3_600_000);
  expect(hours).toEqual([1, 9.5, 24, 12]);
  expect(found[0]?.fromMs).toBe(at('2026-11-23T09:30Z'));
});

test('every moment is in one stretch, whatever is asked for', () => {
  const times = fc.tuple(fc.nat(10 * 86_400_000), fc.nat(10 * 86_400_000));
  fc.assert(
    fc.property(times, ([fromMs, lengthMs]) => {
      const found = stretches(fromMs, fromMs + lengthMs);
      const total = found.reduce((sum, stretch) => sum + stretch.toMs - stretch.fromMs, 0);
      expect(total).toBe(lengthMs);
      expect(found.every((stretch) => stretch.fromMs < stretch.toMs)).toBe(true);
      found.slice(1).forEach((stretch, nth) => expect(stretch.toMs).toBe(found[nth]!.fromMs));
    }),
  );
});
