import { describe, expect, test } from 'vitest';
import { freshBreaker, observeRule, type BreakerPlan, type BreakerState } from './rule-breaker.js';

const plan: BreakerPlan = { declineShareMax: 0.02, decisionsMin: 1_000, windowMs: 600_000 };

/** One observation a second from a time on. */
function observe(
  state: BreakerState,
  from: number,
  { seconds, declines }: { readonly seconds: number; readonly declines: number },
) {
  let last = { state, action: 'none', sentence: '' } as ReturnType<typeof observeRule>;
  const tripped: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const nowMs = from + second * 1_000;
    last = observeRule(last.state, { nowMs, decisions: 100, declines }, plan);
    if (last.action === 'to_shadow') tripped.push(nowMs);
  }
  return { ...last, tripped };
}

describe('the breaker of a rule', () => {
  test('stays closed at its cap', () => {
    expect(observe(freshBreaker, 0, { seconds: 3_600, declines: 2 }).tripped).toEqual([]);
  });

  test('trips once above it, as soon as there are enough decisions, and says why', () => {
    const result = observe(freshBreaker, 0, { seconds: 60, declines: 3 });
    expect(result.tripped).toEqual([9_000]);
    expect(result.sentence).toBe('In shadow since its breaker tripped.');
    const first = observe(freshBreaker, 0, { seconds: 10, declines: 3 });
    expect(first.sentence).toBe(
      '30 of 1000 decisions declined, above 2 %: the rule goes to shadow.',
    );
  });

  test('does not trip on few decisions, however many are declined', () => {
    const step = observeRule(freshBreaker, { nowMs: 0, decisions: 999, declines: 999 }, plan);
    expect(step.action).toBe('none');
  });

  test('forgets what is older than its window', () => {
    const quiet = observe(freshBreaker, 0, { seconds: 9, declines: 90 }).state;
    const later = observe(quiet, 660_000, { seconds: 120, declines: 2 });
    expect(later.tripped).toEqual([]);
    const soon = observe(quiet, 300_000, { seconds: 120, declines: 2 });
    expect(soon.tripped).toEqual([300_000]);
  });

  test('sees a burst after long quiet within the window, not after a day’s average', () => {
    const calm = observe(freshBreaker, 0, { seconds: 7_200, declines: 0 }).state;
    const burst = observe(calm, 7_200_000, { seconds: 300, declines: 50 });
    expect(burst.tripped).toHaveLength(1);
    expect(burst.tripped[0]).toBeLessThan(7_200_000 + 60_000);
  });

  test('holds a bounded number of counts', () => {
    expect(observe(freshBreaker, 0, { seconds: 7_200, declines: 0 }).state.slots).toHaveLength(12);
  });

  test('counts on when the clock goes back', () => {
    const state = observe(freshBreaker, 600_000, { seconds: 5, declines: 0 }).state;
    const step = observeRule(state, { nowMs: 0, decisions: 600, declines: 300 }, plan);
    expect(step.action).toBe('to_shadow');
  });
});
