import { expect, test } from 'vitest';
import { restartDelayMs } from './restart-delay.js';

test('the first restart is almost immediate, and each failure in a row doubles the wait', () => {
  expect([1, 2, 3, 4].map(restartDelayMs)).toEqual([100, 200, 400, 800]);
});

test('the wait never exceeds five seconds', () => {
  expect(restartDelayMs(7)).toBe(5_000);
  expect(restartDelayMs(5_000)).toBe(5_000);
});
