import { expect, test } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { budgetMs, Deadline } from './deadline.js';

const policy = { deadlineMs: 50, deadlineReserveMs: 5 };

test.each([
  [undefined, 45],
  ['50', 45],
  ['20', 15],
  ['1000', 45],
  ['5', 2.5],
])('with X-Deadline-Ms %s there are %s ms to work with', (header, budget) => {
  expect(budgetMs(header, policy)).toBe(budget);
});

test.each(['4', '1001', '0', '-5', '5.5', '1e2', 'soon', '', '  20'])(
  'X-Deadline-Ms "%s" is refused by name',
  (header) => {
    expect(() => budgetMs(header, policy)).toThrow(
      expect.objectContaining({
        code: 'REQUEST_HEADER_INVALID',
        errors: [expect.objectContaining({ pointer: 'X-Deadline-Ms' }) as object],
      }) as Error,
    );
  },
);

test('a stage ends at its own cap or at the deadline, whichever is nearer', () => {
  const clock = new ManualClock(0, 100);
  const deadline = new Deadline(100, 145, clock);
  expect(deadline.stageEndsAtMs(12)).toBe(112);
  clock.advance(40);
  expect(deadline.stageEndsAtMs(12)).toBe(145);
  expect([deadline.elapsedMs(), deadline.remainingMs()]).toEqual([40, 5]);
  clock.advance(10);
  expect(deadline.remainingMs()).toBe(0);
});
