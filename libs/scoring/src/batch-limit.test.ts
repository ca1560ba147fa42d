import { expect, test } from 'vitest';

import { BatchLimit } from './batch-limit.js';

const limitOf = (start = 32, max = 128) => new BatchLimit({ start, max }, 10);
const observe = (limit: BatchLimit, batches: number, durationMs: number, rows?: number) => {
  for (let i = 0; i < batches; i += 1) limit.observe(rows ?? limit.rows, durationMs);
};

test('a hundred batches in time allow four rows more', () => {
  const limit = limitOf();
  observe(limit, 99, 1);
  expect(limit.rows).toBe(32);
  observe(limit, 1, 1);
  expect(limit.rows).toBe(36);
});

test('two batches in a hundred that take over 0.8 of the budget shrink it by a tenth', () => {
  const limit = limitOf(40);
  observe(limit, 98, 1);
  observe(limit, 2, 8.1);
  expect(limit.rows).toBe(36);
});

test('one slow batch in a hundred changes nothing', () => {
  const limit = limitOf(40);
  observe(limit, 99, 1);
  observe(limit, 1, 500);
  expect(limit.rows).toBe(44);
});

test('it stays between one row and the maximum', () => {
  const slow = limitOf(4);
  observe(slow, 10_000, 100);
  expect(slow.rows).toBe(1);
  const fast = limitOf(120, 128);
  observe(fast, 10_000, 0.1);
  expect(fast.rows).toBe(128);
});

test('slow batches of one row say nothing about the size', () => {
  const limit = limitOf();
  observe(limit, 1_000, 100, 1);
  expect(limit.rows).toBe(32);
});
