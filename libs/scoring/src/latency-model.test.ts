import { expect, test } from 'vitest';

import { LatencyModel } from './latency-model.js';

test('a straight line of times is found exactly', () => {
  const model = new LatencyModel();
  for (let i = 0; i < 200; i += 1) {
    const rows = 1 + (i % 32);
    model.observe(rows, 0.25 + 0.125 * rows);
  }
  expect(model.typicalMs(10)).toBeCloseTo(1.5, 9);
  expect(model.fixedMs).toBeCloseTo(0.25, 9);
  expect(model.tailMsOf(10)).toBeCloseTo(1.5, 9);
});

test('the tail follows the slowest runs, the typical time hardly does', () => {
  const model = new LatencyModel();
  for (let i = 0; i < 200; i += 1) model.observe(8, i % 50 === 0 ? 21 : 1);
  expect(model.typicalMs(8)).toBeCloseTo(1.4, 9);
  expect(model.tailMsOf(8)).toBeCloseTo(21, 9);
});

test('it forgets what is older than 200 batches', () => {
  const model = new LatencyModel();
  for (let i = 0; i < 200; i += 1) model.observe(4, 50);
  for (let i = 0; i < 200; i += 1) model.observe(4, 1);
  expect(model.typicalMs(4)).toBeCloseTo(1, 9);
});

test('batches of one size keep the slope that was known', () => {
  const model = new LatencyModel();
  for (let i = 0; i < 100; i += 1) model.observe(1, 0.11);
  expect(model.typicalMs(11) - model.typicalMs(1)).toBeCloseTo(0.1, 9);
});

test('times that fall with size are noise: no estimate is negative', () => {
  const model = new LatencyModel();
  for (let i = 0; i < 40; i += 1) model.observe(i % 2 === 0 ? 1 : 64, i % 2 === 0 ? 5 : 0.1);
  for (const rows of [1, 64, 1_000]) expect(model.typicalMs(rows)).toBeGreaterThanOrEqual(0);
});
