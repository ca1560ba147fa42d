import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeQueue } from './time-queue.js';

test('gives back what was put in by time, and in order of arrival where times are equal', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new TimeQueue<{ timeMs: number; arrival: number }>();
      const items = times.map((timeMs, arrival) => ({ timeMs, arrival }));
      for (const item of items) queue.push(item);
      const expected = items.toSorted((a, b) => a.timeMs - b.timeMs || a.arrival - b.arrival);
      for (const item of expected) {
        expect(queue.nextTimeMs).toBe(item.timeMs);
        expect(queue.pop()).toEqual(item);
      }
      expect(queue.nextTimeMs).toBe(Number.POSITIVE_INFINITY);
      expect(queue.pop()).toBeUndefined();
    }),
  );
});
