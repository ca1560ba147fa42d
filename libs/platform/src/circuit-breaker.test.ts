import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

const options = { failuresMax: 3, openMs: 1000 };

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker(options);
  for (let count = 0; count < options.failuresMax; count += 1) breaker.failed(0);
  return breaker;
}

test('failures in a row open it; one success in between starts the count anew', () => {
  const breaker = new CircuitBreaker(options);
  breaker.failed(0);
  breaker.failed(0);
  breaker.succeeded();
  breaker.failed(0);
  breaker.failed(0);
  expect(breaker.state).toBe('closed');
  breaker.failed(0);
  expect(breaker.state).toBe('open');
});

test('while open no call is let through, then one probe is', () => {
  const breaker = opened();
  expect(breaker.allows(999)).toBe(false);
  expect(breaker.allows(1000)).toBe(true);
  expect(breaker.allows(1001)).toBe(false);
});

test('the success of a probe closes it, its failure opens it again', () => {
  const healed = opened();
  healed.allows(1000);
  healed.succeeded();
  expect([healed.state, healed.allows(1001)]).toEqual(['closed', true]);
  const broken = opened();
  broken.allows(1000);
  broken.failed(1500);
  expect([broken.state, broken.allows(2499), broken.allows(2500)]).toEqual(['open', false, true]);
});

test('a probe that never reports does not keep it shut for ever', () => {
  const breaker = opened();
  expect(breaker.allows(1000)).toBe(true);
  expect(breaker.allows(2000)).toBe(true);
});

test('a late success of a call made before it opened does not close it', () => {
  const breaker = opened();
  breaker.succeeded();
  expect(breaker.state).toBe('open');
});

test('a dependency that always fails is called at most once in openMs after it opened', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 }), (steps) => {
      const breaker = opened();
      const calls: number[] = [];
      let nowMs = 0;
      for (const step of steps) {
        nowMs += step;
        if (breaker.allows(nowMs)) {
          calls.push(nowMs);
          breaker.failed(nowMs);
        }
      }
      expect(calls.every((at, index) => at - (calls[index - 1] ?? 0) >= options.openMs)).toBe(true);
    }),
  );
});
